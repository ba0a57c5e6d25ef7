// Everything the process was told, checked: what the rest of the program reads instead of the environment. Made once by
// load_config() (config/load.hpp) and never changed. Names follow the settings' names; the list with their meanings is
// config/settings.cpp.
#pragma once

#include "base/colour.hpp"
#include "config/types.hpp"
#include "numbers/number_reader.hpp"

#include <filesystem>
#include <vector>

namespace pollux::config {

struct Config {
    // The process.
    bool debug = false;
    bool dev = false; // Started with --dev: a person is trying Pollux out.
    bool migrate_on_start = false;
    bool data_may_vanish = false;
    std::filesystem::path data_dir = "pollux_data";
    Endpoint listen{"127.0.0.1", 8000};
    std::string public_url; // Without a slash at the end: "http://127.0.0.1:8000".
    std::optional<Endpoint> metrics_listen = Endpoint{"127.0.0.1", 9464};
    std::optional<Endpoint> worker_metrics_listen; // Of `pollux worker`; metrics_listen if nothing else is set.
    std::size_t threads = 1;
    Workers workers = Workers::internal;
    std::optional<std::chrono::seconds> stop_delay_seconds; // See stop_delay().
    std::size_t worker_concurrency = 64;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::automatic;

    // Data.
    DatabaseKind database = DatabaseKind::sqlite;
    std::filesystem::path sqlite_path; // With PostgreSQL: where the embedded database would be.
    std::optional<Secret> postgres_url;
    std::size_t database_write_pool = 16;
    std::size_t database_read_connections = 2;
    std::chrono::seconds database_wait{30}; // At the start.
    std::optional<Secret> redis_url;
    std::chrono::days retention{0}; // 0: messages are kept.

    // Who may come, and from where.
    std::optional<Secret> secret_key; // Empty in debug (config/secret_key.hpp makes one) and where only data is touched.
    std::vector<std::string> allowed_hosts{"localhost", "127.0.0.1", "[::1]"}; // "*", ".example.com" as in Django; lower case.
    std::vector<std::string> cors_allowed_origins;                             // "https://chat.example.com"; lower case.
    bool cors_allow_all_origins = false;
    bool cors_allow_credentials = false;
    std::vector<std::string> trusted_proxies; // Addresses or networks: "10.0.0.0/8".
    std::size_t trusted_proxy_hops = 0;       // Instead of addresses: so many proxies stand in front.
    std::vector<std::string> debug_networks{"127.0.0.0/8", "::1/128"};
    std::optional<std::size_t> connections_max;             // Empty: what the limit of open files leaves.
    std::optional<std::size_t> connections_per_address_max; // Empty: half of them.
    Switch rate_limits = Switch::on;
    std::vector<RateOverride> rate_rules;

    // The models.
    std::vector<std::string> ai_models; // "gemini:NAME", "openai:NAME", "demo". Never empty in a config that may serve.
    std::vector<ModelLabel> ai_model_labels;
    std::optional<Secret> gemini_api_key;
    std::string gemini_model = "gemini-flash-latest";
    std::string gemini_base_url = "https://generativelanguage.googleapis.com";
    std::string gemini_api_version = "v1beta";
    std::optional<std::string> ai_base_url;
    std::optional<Secret> ai_api_key;
    std::optional<std::chrono::seconds> ai_first_text_seconds; // See first_text_max().
    std::optional<std::string> ai_title_model;
    std::string system_prompt = "You are a helpful assistant. Answer in the language you are asked in.";
    int demo_tokens_per_second = 60; // 0: unpaced.
    std::size_t model_concurrency = 256;
    std::size_t model_calls_per_minute = 0; // 0: no limit.
    std::size_t queue_max = 100'000;
    std::size_t context_tokens = 32'000;
    std::int64_t basic_daily_messages = 5;
    std::int64_t pro_daily_messages = 1'000;

    // Accounts.
    std::optional<Secret> jwt_signing_key; // Empty: derived from secret_key.
    std::optional<Secret> jwt_previous_key;
    std::chrono::minutes access_token_minutes{15};
    std::chrono::days refresh_token_days{30};
    std::chrono::days refresh_idle_days{7};
    bool password_login = false;
    std::string default_country_code = "1";
    std::vector<std::string> allowed_countries; // Calling codes, digits only, and ISO regions; empty: all.
    std::vector<numbers::ExtraLength> number_lengths;
    OtpDelivery otp_delivery = OtpDelivery::none;
    std::vector<TestNumber> otp_test_numbers;
    std::string admin_mobile; // E.164; empty: none.
    std::int64_t otp_per_ip_hour = 60;
    std::int64_t sms_per_block_hour = 20;
    std::int64_t sms_per_hour_max = 1'000;
    std::int64_t sms_judged_from = 20;
    std::int64_t sms_used_percent_min = 20;
    std::string sms_origin; // "chat.example.com": whose page codes are for; empty: that of a machine without a name.
    std::string sms_template = "{code} is your code. It is valid for {minutes} minutes.";
    std::optional<std::string> twilio_account_sid;
    std::optional<Secret> twilio_auth_token;
    std::optional<std::string> twilio_api_key_sid;
    std::optional<Secret> twilio_api_key_secret;
    std::optional<std::string> twilio_from;
    std::optional<std::string> twilio_messaging_service_sid;
    std::string twilio_base_url = "https://api.twilio.com";
    std::optional<std::string> sms_webhook_url;
    std::optional<Secret> sms_webhook_secret;

    // The pages.
    bool pages = true;
    std::string brand_name = "Pollux";
    std::optional<Colour> brand_accent; // In the light theme; empty: the pages' own.
    std::optional<Colour> brand_accent_dark;
    std::optional<std::filesystem::path> brand_logo_file;
    std::optional<Picture> brand_logo; // What stands in that file.
    std::optional<std::string> terms_url;
    std::optional<std::string> privacy_url;

    // Money.
    std::optional<std::string> stripe_publishable_key;
    std::optional<Secret> stripe_secret_key;
    std::vector<Secret> stripe_webhook_secrets;
    std::vector<std::string> stripe_price_ids; // Of pro.
    std::string stripe_base_url = "https://api.stripe.com";
    bool stripe_automatic_tax = false;
    bool stripe_promotion_codes = false;
    std::int64_t stripe_trial_days = 0; // 0: none.
    std::chrono::days billing_grace_days{3};

    // How long requests are still taken after SIGTERM, while /readyz says no already. One process alone has nobody who would ask it.
    std::chrono::seconds stop_delay() const
    {
        return stop_delay_seconds.value_or(std::chrono::seconds(database == DatabaseKind::postgres ? 2 : 0));
    }

    // How long a compatible server may take to its first text. Where there is another model, nobody waits for long; where there is none, a
    // server that loads its model may do so in peace, nearly as long as a reply may take.
    std::chrono::seconds first_text_max() const
    {
        return ai_first_text_seconds.value_or(std::chrono::seconds(ai_models.size() > 1 ? 90 : 570));
    }

    numbers::NumberPlan numbers() const { return {default_country_code, allowed_countries, number_lengths}; }

    bool operator==(Config const&) const = default;
};

} // namespace pollux::config
