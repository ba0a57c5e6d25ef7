#include "config/checks.hpp"

#include "base/sms_text.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "config/addresses.hpp"
#include "config/brand.hpp"
#include "config/key_strength.hpp"
#include "config/settings.hpp"

#include <algorithm>

namespace pollux::config {
namespace {

constexpr std::chrono::days test_number_days_max{90};
constexpr std::size_t phones_read_bytes_max = 140; // Chrome's; to a longer text its WebOTP is blind.

// As a whole word: SECRET_KEY is none of STRIPE_SECRET_KEY.
bool names(std::string_view text, std::string_view setting)
{
    auto const is_part = [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); };
    for (auto at = text.find(setting); at != std::string_view::npos; at = text.find(setting, at + 1)) {
        auto const end = at + setting.size();
        if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
    }
    return false;
}

class Checks {
public:
    Checks(GivenNames const& given, GivenNames const& wrong, Sources const& sources, Loaded& loaded)
        : given_(given), wrong_(wrong), sources_(sources), now_(sources.now), config_(loaded.config), loaded_(loaded)
    {}

    void run()
    {
        check_addresses();
        check_delivery();
        check_models();
        check_payments();
        check_admin();
        check_brand();
        check_debug();
        if (config_.debug) return note_debug();
        check_keys();
        check_test_numbers();
        check_reach();
        check_public_url();
        check_places();
    }

private:
    bool is_given(std::string_view name) const { return given_.contains(name) || wrong_.contains(name); }

    // What hangs on a setting whose value is wrong is judged once that is mended; each line names the settings that it hangs on.
    bool is_sure(std::string_view text) const
    {
        return std::ranges::none_of(wrong_, [&](std::string const& name) { return names(text, name); });
    }
    void problem(std::string text)
    {
        if (is_sure(text)) loaded_.problems.push_back(std::move(text));
    }
    void notice(std::string text)
    {
        if (is_sure(text)) loaded_.notices.push_back(std::move(text));
    }

    // A key never travels over plain http, except to this machine.
    void require_https(std::string_view name, std::string const& text)
    {
        auto url = parse_web_url(text);
        if (url && !url->is_https && !is_loopback_host(url->host)) problem(std::string(name) + ": would send a key in clear; use https");
    }

    void check_addresses()
    {
        if (config_.gemini_api_key) require_https("GEMINI_BASE_URL", config_.gemini_base_url);
        if (config_.ai_base_url && config_.ai_api_key) require_https("AI_BASE_URL", *config_.ai_base_url);
        if (config_.twilio_auth_token) require_https("TWILIO_BASE_URL", config_.twilio_base_url);
        if (config_.stripe_secret_key) require_https("STRIPE_BASE_URL", config_.stripe_base_url);
        if (config_.sms_webhook_url) require_https("SMS_WEBHOOK_URL", *config_.sms_webhook_url);
        bool const is_open = config_.cors_allow_all_origins && config_.cors_allow_credentials;
        if (is_open && !config_.debug) {
            problem(
                "CORS_ALLOW_CREDENTIALS: with every origin allowed, any page could act for your users; list CORS_ALLOWED_ORIGINS instead");
        }
        if (config_.refresh_idle_days > config_.refresh_token_days) problem("REFRESH_IDLE_DAYS: is longer than REFRESH_TOKEN_DAYS");
    }

    void check_brand()
    {
        for (auto& problem_of_accent : unreadable_accents(config_)) problem(std::move(problem_of_accent));
        if (!sources_.flags.serves) return; // The file need not lie where workers run.
        if (auto problem_of_logo = load_logo(config_, sources_.read_file)) problem(std::move(*problem_of_logo));
    }

    void check_delivery()
    {
        if (config_.sms_webhook_url && !config_.sms_webhook_secret) problem("SMS_WEBHOOK_SECRET: is needed with SMS_WEBHOOK_URL");
        bool const has_sender = config_.twilio_from || config_.twilio_messaging_service_sid;
        bool const has_twilio = config_.twilio_account_sid && config_.twilio_auth_token && has_sender;
        if (config_.otp_delivery == OtpDelivery::twilio && !has_twilio) {
            problem("OTP_DELIVERY: twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID");
        }
        if (config_.twilio_api_key_sid.has_value() != config_.twilio_api_key_secret.has_value())
            problem("TWILIO_API_KEY_SID: goes with TWILIO_API_KEY_SECRET, and the other way round");
        bool const has_public_url = is_given("PUBLIC_URL") || is_given("RENDER_EXTERNAL_URL");
        if (config_.otp_delivery == OtpDelivery::twilio && has_twilio && !has_public_url && !config_.debug)
            problem("PUBLIC_URL: is needed with OTP_DELIVERY=twilio, or nobody learns which texts did not arrive");
        else
            check_reports(has_public_url);
        check_text();
        if (config_.otp_delivery == OtpDelivery::webhook && !config_.sms_webhook_url)
            problem("OTP_DELIVERY: webhook needs SMS_WEBHOOK_URL");
        bool const is_open = config_.otp_delivery == OtpDelivery::response || config_.otp_delivery == OtpDelivery::console;
        if (is_open && !config_.debug)
            problem("OTP_DELIVERY: response and console would show codes to anybody; they are for DEBUG=True only");
        if (config_.otp_delivery == OtpDelivery::none) {
            notice("Codes are not sent to anybody (OTP_DELIVERY=none): only numbers in OTP_TEST_NUMBERS can log in by code.");
        }
    }

    void check_reports(bool has_public_url)
    {
        bool const is_used = config_.otp_delivery == OtpDelivery::twilio && has_public_url;
        if (!is_used || may_be_reported_to(config_.public_url, config_.twilio_base_url)) return;
        std::string const name = is_given("PUBLIC_URL") ? "PUBLIC_URL" : "RENDER_EXTERNAL_URL";
        if (!config_.debug)
            return problem(name + ": begins with http, and Twilio reports to https only which texts did not arrive; use https");
        notice(name + " begins with http, and Twilio reports to https only: nobody learns which texts did not arrive.");
    }

    // More than one SMS is charged twice.
    void check_text()
    {
        bool const is_sent = config_.otp_delivery == OtpDelivery::twilio || config_.otp_delivery == OtpDelivery::webhook;
        if (!is_sent) return;
        auto const text = code_text({config_.sms_template, config_.sms_origin}, "000000", 5);
        auto const septets = gsm_septets(text).value_or(0);
        if (septets > sms_septets_max)
            problem("SMS_TEMPLATE: with the line @" + config_.sms_origin + " #123456 it is " + std::to_string(septets) +
                    " characters long, and one SMS holds " + std::to_string(sms_septets_max));
        else if (text.size() > phones_read_bytes_max)
            notice("SMS_TEMPLATE: with the line @" + config_.sms_origin + " #123456 it is " + std::to_string(text.size()) +
                   " bytes long; phones offer the code to the page where it is " + std::to_string(phones_read_bytes_max) + " at most.");
    }

    void check_model(std::string const& model, std::string const& setting)
    {
        if (model.starts_with("gemini:") && !config_.gemini_api_key) problem("GEMINI_API_KEY: is needed for " + model + " in " + setting);
        if (model.starts_with("openai:") && !config_.ai_base_url) problem("AI_BASE_URL: is needed for " + model + " in " + setting);
    }

    void check_models()
    {
        if (config_.ai_models.empty() && config_.ai_base_url)
            return problem("AI_MODELS: name a model of the server at AI_BASE_URL, as openai:NAME");
        if (config_.ai_models.empty()) {
            return problem("GEMINI_API_KEY: no model is configured; set it, or name models in AI_MODELS (demo is one for trying out)");
        }
        for (std::string const& model : config_.ai_models) check_model(model, "AI_MODELS");
        if (config_.ai_title_model) check_model(*config_.ai_title_model, "AI_TITLE_MODEL");
        for (ModelLabel const& told : config_.ai_model_labels) {
            bool const is_known = std::ranges::find(config_.ai_models, told.model) != config_.ai_models.end();
            if (!is_known) notice("AI_MODEL_LABELS names " + told.model + ", which AI_MODELS does not; nobody sees its label.");
        }
    }

    // Doctor says the same of these, and no more than once.
    void check_payments()
    {
        check_public_host();
        if (!config_.stripe_secret_key) return;
        if (config_.stripe_webhook_secrets.empty()) note_missing_secret();
        bool const is_test = config_.stripe_secret_key->reveal().find("_test_") != std::string::npos;
        if (!config_.debug) check_publishable_key(is_test);
        if (is_test && !config_.debug)
            notice("STRIPE_SECRET_KEY is a test key: no real money moves. Set the live keys (sk_live_..., pk_live_...) once you want to "
                   "sell.");
        bool const has_public_url = is_given("PUBLIC_URL") || is_given("RENDER_EXTERNAL_URL");
        if (!has_public_url && !config_.debug) problem("PUBLIC_URL: is needed with STRIPE_SECRET_KEY, or buyers would come back nowhere");
        if (config_.stripe_price_ids.empty())
            notice("STRIPE_PRICE_ID is not set: only plans that `pollux plans price` has given a price are sold.");
    }

    // Everybody is shown it.
    void check_publishable_key(bool is_test)
    {
        auto const& key = config_.stripe_publishable_key;
        std::string const own = is_test ? "pk_test_" : "pk_live_";
        if (!key || key->starts_with(own)) return;
        auto const why = key->starts_with("pk_") ? "is of the other mode than STRIPE_SECRET_KEY; set the one that begins with " + own
                                                 : "is no publishable key, and everybody is shown it; set the one that begins with " + own +
                                                       ", and roll what stood there if it was a secret";
        problem("STRIPE_PUBLISHABLE_KEY: " + why);
    }

    void note_missing_secret()
    {
        if (!config_.debug) {
            return problem("STRIPE_WEBHOOK_SECRET: is needed with STRIPE_SECRET_KEY, or anybody could claim to have paid; "
                           "`pollux stripe-setup` prints it when it makes the endpoint, and Stripe's Dashboard shows it again");
        }
        notice("STRIPE_WEBHOOK_SECRET is not set: no event of Stripe's is believed, so what is paid for comes late. `pollux stripe-setup` "
               "prints one, and `stripe listen` (Stripe's own command) another for this machine.");
    }

    // Who comes by a host that is not answered gets 400 host_not_allowed: Stripe with its events, and buyers on their way back.
    void check_public_host()
    {
        std::string const name = is_given("PUBLIC_URL") ? "PUBLIC_URL" : is_given("RENDER_EXTERNAL_URL") ? "RENDER_EXTERNAL_URL" : "";
        auto const url = parse_web_url(config_.public_url);
        if (name.empty() || !url || is_among_hosts(url->host, config_.allowed_hosts)) return;
        auto const what = name + ": its host " + url->host + " is not in ALLOWED_HOSTS, so whoever comes by it is refused, ";
        bool const sells = config_.stripe_secret_key && !config_.debug;
        if (sells) return problem(what + "also Stripe with its events and buyers who come back; add it there");
        bool const is_reported = config_.otp_delivery == OtpDelivery::twilio;
        notice(what + (is_reported ? "also Twilio with its reports" : "also buyers who come back") + "; add it there.");
    }

    // A platform that sets this sends all requests through its proxy, and debug answers none of those.
    void check_debug()
    {
        if (config_.debug && is_given("RENDER_EXTERNAL_URL"))
            problem(
                "DEBUG: on a platform that sets RENDER_EXTERNAL_URL nobody would be answered, since debug is for one's own machine; set "
                "DEBUG=False");
    }

    void note_debug()
    {
        if (config_.secret_key && !weakness(config_.secret_key->reveal()).empty())
            notice("SECRET_KEY is weak: good enough for debug only.");
        if (hold_much_of_the_world(config_.debug_networks)) {
            notice("DEBUG_NETWORKS lets in a good part of the world, and whoever comes in may read every code.");
        }
    }

    void check_key(std::string_view name, std::optional<Secret> const& key)
    {
        if (!key) return;
        std::string_view const why = weakness(key->reveal());
        if (!why.empty()) problem(std::string(name) + ": " + std::string(why) + "; make one with: openssl rand -base64 48");
    }

    void check_keys()
    {
        if (!config_.secret_key && !is_given("SECRET_KEY")) {
            problem("SECRET_KEY: is not set, and DEBUG is off; make one with: openssl rand -base64 48");
        }
        check_key("SECRET_KEY", config_.secret_key);
        check_key("JWT_SIGNING_KEY", config_.jwt_signing_key);
        check_key("JWT_PREVIOUS_KEY", config_.jwt_previous_key);
        if (config_.jwt_signing_key && config_.secret_key && config_.jwt_signing_key->reveal() == config_.secret_key->reveal())
            problem("JWT_SIGNING_KEY: is SECRET_KEY itself, so who learns one has both; make another, or leave it out");
        if (config_.jwt_previous_key && config_.jwt_signing_key && config_.jwt_previous_key->reveal() == config_.jwt_signing_key->reveal())
            problem("JWT_PREVIOUS_KEY: is JWT_SIGNING_KEY itself, so nothing has changed; leave it out, or make another JWT_SIGNING_KEY");
    }

    void check_admin()
    {
        for (TestNumber const& number : config_.otp_test_numbers) {
            if (number.mobile == config_.admin_mobile)
                problem("ADMIN_MOBILE: stands in OTP_TEST_NUMBERS too, where everybody knows its code");
        }
    }

    void check_test_numbers()
    {
        for (TestNumber const& number : config_.otp_test_numbers) {
            std::string const which = "OTP_TEST_NUMBERS: the number that ends in " + number.mobile.substr(number.mobile.size() - 2);
            if (!numbers::read_number(number.mobile, config_.numbers())) {
                notice(which + " is no number that an account can be made with: its length, kind or country is not taken here.");
            }
            if (!number.valid_until) {
                problem(which + " needs a last day, like @2026-12-31, because its code never changes");
            } else if (*number.valid_until > now_ + test_number_days_max + std::chrono::days(1)) {
                problem(which + " may be valid for 90 days at most");
            } else if (*number.valid_until <= now_) {
                notice(which + " has passed its last day and can no longer log in.");
            }
        }
    }

    void check_reach()
    {
        if (config_.rate_limits == Switch::off) problem("RATE_LIMITS: may be off in debug only");
        auto const& proxies = config_.trusted_proxies;
        if (hold_much_of_the_world(proxies)) {
            problem("TRUSTED_PROXIES: trusts a good part of the world, so anybody could claim any address; name your proxies");
        }
        if (!is_given("ALLOWED_HOSTS")) notice("ALLOWED_HOSTS is not set: only localhost, 127.0.0.1 and [::1] are answered.");
        auto const& metrics = config_.metrics_listen;
        if (metrics && !is_loopback_host(metrics->host)) notice("METRICS_LISTEN: others than this machine can read the metrics.");
        auto const& of_worker = config_.worker_metrics_listen;
        if (is_given("WORKER_METRICS_LISTEN") && of_worker && !is_loopback_host(of_worker->host))
            notice("WORKER_METRICS_LISTEN: others than this machine can read a worker's metrics.");
    }

    // The name that whoever serves in public gave himself. On this machine it may be http, unless events are to come to it.
    void check_public_url()
    {
        std::string const name = is_given("PUBLIC_URL") ? "PUBLIC_URL" : is_given("RENDER_EXTERNAL_URL") ? "RENDER_EXTERNAL_URL" : "";
        auto const url = parse_web_url(config_.public_url);
        if (name.empty() || !url || url->is_https) return;
        bool const sells = config_.stripe_secret_key && !may_be_reported_to(config_.public_url, config_.stripe_base_url);
        if (is_loopback_host(url->host) && sells)
            return problem(name + ": begins with http, and Stripe posts its events to https only; put a proxy with TLS in front, and write "
                                  "https");
        if (is_loopback_host(url->host)) return;
        problem(name +
                ": is not https, so tokens, codes and what is paid for would travel in clear, and Stripe posts its events to nothing "
                "else; put a proxy with TLS in front, and write https");
    }

    // Where what runs here keeps its data, and where it listens.
    void check_places()
    {
        bool const is_embedded = config_.database == DatabaseKind::sqlite;
        if (is_embedded && config_.workers == Workers::external)
            problem("WORKERS: external needs PostgreSQL (DATABASE_URL): a SQLite database belongs to one process, so nobody would write "
                    "replies");
        bool const is_lost = is_embedded && !config_.data_may_vanish && sources_.vanishes && sources_.vanishes(config_.sqlite_path);
        if (is_lost)
            problem(std::string(is_given("DATABASE_URL") ? "DATABASE_URL" : "DATA_DIR") +
                    ": is on the file system of a container, so the database would be gone with the next deploy; mount a disk there, "
                    "or set DATABASE_URL=postgres://... (DATA_MAY_VANISH=True for a trial)");
        // A worker listens for its own figures alone, a server at LISTEN and for its figures.
        auto const& metrics = config_.metrics_listen;
        if (sources_.flags.serves && metrics && meet(*metrics, config_.listen))
            problem("METRICS_LISTEN: is the port of LISTEN (or PORT) too; take another one, or none: METRICS_LISTEN=");
        auto const& of_worker = config_.worker_metrics_listen;
        if (sources_.flags.serves && given_.contains("WORKER_METRICS_LISTEN") && of_worker && meet(*of_worker, config_.listen))
            problem("WORKER_METRICS_LISTEN: is the port of LISTEN (or PORT) too, where a server answers; take another one, or none: "
                    "WORKER_METRICS_LISTEN=");
    }

    GivenNames const& given_;
    GivenNames const& wrong_;
    Sources const& sources_;
    Time now_;
    Config& config_;
    Loaded& loaded_;
};

// An address of a machine is no name that a code could be bound to.
std::string named_host(std::string_view public_url)
{
    auto const url = parse_web_url(public_url);
    if (!url || url->host.starts_with('[')) return {};
    bool const is_address = url->host.find_first_not_of("0123456789.") == std::string::npos;
    return is_address ? std::string() : url->host;
}

} // namespace

void fill_defaults(Config& config, GivenNames const& given, std::size_t cores)
{
    auto is_given = [&](std::string_view name) { return given.contains(name); };
    if (!is_given("THREADS")) config.threads = std::max<std::size_t>(cores, 1);
    if (!is_given("WORKER_METRICS_LISTEN")) config.worker_metrics_listen = config.metrics_listen;
    if (config.sqlite_path.empty()) config.sqlite_path = config.data_dir / "pollux.sqlite3";
    if (!is_given("PUBLIC_URL") && !is_given("RENDER_EXTERNAL_URL")) {
        Endpoint shown = config.listen;
        if (shown.host == "0.0.0.0" || shown.host == "::") shown.host = "127.0.0.1";
        config.public_url = "http://" + to_text(shown);
    }
    if (!is_given("SMS_ORIGIN")) config.sms_origin = named_host(config.public_url);
    if (!is_given("OTP_DELIVERY")) {
        bool const has_twilio = config.twilio_account_sid && config.twilio_auth_token;
        bool const sends = !config.debug;
        config.otp_delivery = config.debug                      ? OtpDelivery::response
                              : sends && has_twilio             ? OtpDelivery::twilio
                              : sends && config.sms_webhook_url ? OtpDelivery::webhook
                                                                : OtpDelivery::none;
    }
    if (!is_given("AI_MODELS")) {
        // Which of a compatible server's models is meant is for the operator to say.
        bool const is_demo = config.debug && !config.ai_base_url;
        if (config.gemini_api_key) config.ai_models = {"gemini:" + config.gemini_model};
        if (config.ai_models.empty() && is_demo) config.ai_models = {"demo"};
    }
}

void check_together(GivenNames const& given, GivenNames const& wrong, Sources const& sources, Loaded& loaded)
{
    Checks(given, wrong, sources, loaded).run();
}

} // namespace pollux::config
