#include "app/options.hpp"

#include "app/descriptors.hpp"
#include "base/text.hpp"
#include "config/addresses.hpp"

#include <cstdio>
#include <stdexcept>

#include <unistd.h>

namespace pollux::app {
namespace {

accounts::CodeDelivery code_delivery(config::OtpDelivery delivery)
{
    switch (delivery) {
    case config::OtpDelivery::response: return accounts::CodeDelivery::response;
    case config::OtpDelivery::console: return accounts::CodeDelivery::console;
    case config::OtpDelivery::twilio:
    case config::OtpDelivery::webhook:
    case config::OtpDelivery::none: return accounts::CodeDelivery::none;
    }
    return accounts::CodeDelivery::none;
}

std::string revealed(std::optional<config::Secret> const& secret)
{
    return secret ? secret->reveal() : std::string();
}

ops::Level log_level(config::LogLevel level)
{
    switch (level) {
    case config::LogLevel::debug: return ops::Level::debug;
    case config::LogLevel::info: return ops::Level::info;
    case config::LogLevel::warning: return ops::Level::warning;
    case config::LogLevel::error: return ops::Level::error;
    }
    return ops::Level::info;
}

} // namespace

accounts::AccountsOptions accounts_options(config::Config const& config, std::string secret_key, accounts::SmsOptions sms)
{
    accounts::AccountsOptions options;
    options.debug = config.debug ? accounts::DebugMode::on : accounts::DebugMode::off;
    options.numbers = config.numbers();
    for (auto const& number : config.otp_test_numbers) options.test_numbers.push_back({number.mobile, number.code, number.valid_until});
    options.admin_mobile = config.admin_mobile;
    options.address_budgets = config.rate_limits == config::Switch::on ? accounts::AddressBudgets::on : accounts::AddressBudgets::off;
    options.code_delivery = code_delivery(config.otp_delivery);
    options.console = [](std::string_view line) {
        // Codes belong on the console and nowhere else: never through the log, which is kept.
        std::fprintf(stdout, "%.*s\n", static_cast<int>(line.size()), line.data());
        std::fflush(stdout);
    };
    options.password_login = config.password_login ? accounts::PasswordLogin::enabled : accounts::PasswordLogin::disabled;
    options.sms = std::move(sms);
    options.secret_key = std::move(secret_key);
    options.jwt_signing_key = revealed(config.jwt_signing_key);
    options.jwt_previous_key = revealed(config.jwt_previous_key);
    options.access_lifetime = config.access_token_minutes;
    options.refresh_lifetime = config.refresh_token_days;
    options.refresh_idle_max = config.refresh_idle_days;
    return options;
}

ai::ModelsOptions models_options(config::Config const& config)
{
    ai::ModelsOptions options;
    options.names = config.ai_models;
    options.gemini_model = config.gemini_model;
    options.gemini.base_url = config.gemini_base_url;
    options.gemini.api_version = config.gemini_api_version;
    options.gemini.api_key = revealed(config.gemini_api_key);
    options.openai.base_url = config.ai_base_url.value_or("");
    options.openai.api_key = revealed(config.ai_api_key);
    options.openai.first_text_max = config.first_text_max();
    for (auto const& told : config.ai_model_labels) options.texts.push_back({told.model, told.label, told.line});
    options.title_model = config.ai_title_model.value_or("");
    options.demo_by_default = config.debug ? ai::DemoByDefault::yes : ai::DemoByDefault::no;
    options.demo_tokens_per_second = config.demo_tokens_per_second;
    options.calls_at_once_max = config.model_concurrency;
    return options;
}

billing::PlanSeeds plan_seeds(config::Config const& config)
{
    return {.basic_messages_per_day = config.basic_daily_messages,
            .pro_messages_per_day = config.pro_daily_messages,
            .context_tokens = static_cast<std::int64_t>(config.context_tokens)};
}

http::ServerOptions server_options(config::Config const& config)
{
    http::ServerOptions options;
    options.address = config.listen.host;
    options.port = config.listen.port;
    options.allowed_hosts = config.allowed_hosts;
    options.cors = {config.cors_allowed_origins, config.cors_allow_all_origins, config.cors_allow_credentials};
    if (auto const url = config::parse_web_url(config.public_url)) options.own_origin = url->origin();
    options.trusted_proxies = {http::Networks(config.trusted_proxies), config.trusted_proxy_hops};
    options.debug = config.debug;
    options.debug_networks = http::Networks(config.debug_networks);
    options.rate_limits = config.rate_limits == config::Switch::on;
    options.rate_rules = limits::built_in_rate_rules();
    options.limits = server_limits(config, raise_descriptor_limit());
    for (auto const& rule : config.rate_rules) {
        auto set = limits::set_rate_rule(options.rate_rules, rule.route_class, {rule.count, rule.window});
        if (!set) throw std::runtime_error("RATE_RULES: " + set.error().message());
    }
    return options;
}

bool calls_over_tls(config::Config const& config)
{
    bool const sends_texts = config.otp_delivery == config::OtpDelivery::twilio || config.otp_delivery == config::OtpDelivery::webhook;
    bool const is_model_afar = config.ai_base_url && lower_ascii(*config.ai_base_url).starts_with("https:");
    return config.gemini_api_key || config.stripe_secret_key || sends_texts || is_model_afar;
}

void configure_log(config::Config const& config)
{
    bool const is_text =
        config.log_format == config::LogFormat::text || (config.log_format == config::LogFormat::automatic && ::isatty(STDERR_FILENO));
    ops::configure_log(log_level(config.log_level), is_text ? ops::LogFormat::text : ops::LogFormat::json);
}

} // namespace pollux::app
