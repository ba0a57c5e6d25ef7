// Where Twilio tells how a text fares: POST /sms/twilio/status/.
#pragma once

#include "accounts/sms/sms_log_store.hpp"
#include "base/error.hpp"
#include "http/router.hpp"
#include "ops/metrics.hpp"
#include "ops/once_a_minute.hpp"

#include <string>

namespace pollux::accounts::sms {

inline constexpr std::string_view twilio_status_path = "/sms/twilio/status/";

struct ReportOptions {
    std::string status_url; // As Twilio was given it, without its query.
    std::string auth_token; // Signs them; empty: none are taken.
};

class ReportDesk {
public:
    ReportDesk(db::Database& database, Clock const& clock, ReportOptions options);

    struct Given {
        std::string query; // As it came.
        std::string content_type;
        std::string signature;
        std::string body;
    };
    // What was rightly signed and is of no use to us is no error. Errors: sms_not_configured, signature_missing, signature_invalid; of the
    // last one the log has a line a minute.
    asio::awaitable<Result<void>> take(Given given);

private:
    LogStore store_;
    Clock const& clock_;
    ReportOptions const options_;
    ops::Counter const refused_; // There from the start: an alert counts from nothing to the first ones.
    ops::OnceAMinute refused_line_;
};

void add_report_routes(http::Router& router, ReportDesk& desk);

} // namespace pollux::accounts::sms
