// Codes by SMS, built from the settings.
#pragma once

#include "accounts/accounts_options.hpp"
#include "accounts/sms/report_routes.hpp"
#include "accounts/sms/twilio.hpp"
#include "config/config.hpp"

namespace pollux::app {

// Null: none is set up. The clock must outlive it.
std::shared_ptr<accounts::sms::Vendor const> make_sms_vendor(config::Config const& config, Clock const& clock);

accounts::sms::TwilioOptions twilio_options(config::Config const& config);

// In debug without a vendor codes end in /dev/inbox/; outside of it without one nobody is asked to send anything.
accounts::SmsOptions sms_options(config::Config const& config, Clock const& clock);

accounts::sms::ReportOptions report_options(config::Config const& config);

} // namespace pollux::app
