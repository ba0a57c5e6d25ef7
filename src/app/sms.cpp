#include "app/sms.hpp"

#include "accounts/sms/inbox_vendor.hpp"
#include "accounts/sms/webhook_vendor.hpp"
#include "base/required.hpp"
#include "config/addresses.hpp"

namespace pollux::app {
namespace {

namespace sms = accounts::sms;

std::string status_url(config::Config const& config)
{
    return config.public_url + std::string(sms::twilio_status_path);
}

} // namespace

sms::TwilioOptions twilio_options(config::Config const& config)
{
    sms::TwilioOptions options;
    options.base_url = config.twilio_base_url;
    options.account_sid = config.twilio_account_sid.value_or("");
    options.user = config.twilio_api_key_sid.value_or(options.account_sid);
    auto const& password = config.twilio_api_key_secret ? config.twilio_api_key_secret : config.twilio_auth_token;
    if (password) options.password = password->reveal();
    options.from = config.twilio_from.value_or("");
    options.messaging_service_sid = config.twilio_messaging_service_sid.value_or("");
    if (config::may_be_reported_to(config.public_url, config.twilio_base_url)) options.status_url = status_url(config);
    return options;
}

std::shared_ptr<sms::Vendor const> make_sms_vendor(config::Config const& config, Clock const& clock)
{
    switch (config.otp_delivery) {
    case config::OtpDelivery::twilio: return std::make_shared<sms::Twilio>(twilio_options(config));
    case config::OtpDelivery::webhook:
        return std::make_shared<sms::WebhookVendor>(
            sms::WebhookOptions{.url = required(config.sms_webhook_url), .secret = required(config.sms_webhook_secret).reveal()}, clock);
    case config::OtpDelivery::response:
    case config::OtpDelivery::console:
    case config::OtpDelivery::none: return nullptr;
    }
    return nullptr;
}

accounts::SmsOptions sms_options(config::Config const& config, Clock const& clock)
{
    accounts::SmsOptions options;
    options.vendor = make_sms_vendor(config, clock);
    if (!options.vendor && config.debug) options.vendor = std::make_shared<sms::InboxVendor>();
    options.text = {config.sms_template, config.sms_origin};
    options.per_hour_max = config.sms_per_hour_max;
    options.per_address_hour = config.otp_per_ip_hour;
    options.per_block_hour = config.sms_per_block_hour;
    options.stop_rule = {.judged_from = config.sms_judged_from, .used_percent_min = config.sms_used_percent_min};
    options.shows_dev_texts = config.debug;
    return options;
}

accounts::sms::ReportOptions report_options(config::Config const& config)
{
    bool const is_on = config.otp_delivery == config::OtpDelivery::twilio && config.twilio_auth_token;
    return {.status_url = status_url(config), .auth_token = is_on ? required(config.twilio_auth_token).reveal() : std::string()};
}

} // namespace pollux::app
