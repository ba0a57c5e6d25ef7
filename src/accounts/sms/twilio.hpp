// Twilio's Programmable Messaging. It knows no repeats: what may have been sent is never sent again.
// Source: npm twilio 6, rest/api/v2010/account/message.js, base/BaseTwilio.js; twilio.com/docs/messaging/api/message-resource.
#pragma once

#include "accounts/sms/form.hpp"
#include "accounts/sms/vendor.hpp"

namespace pollux::accounts::sms {

struct TwilioOptions {
    std::string base_url = "https://api.twilio.com";
    std::string account_sid;
    std::string user;     // The account's SID, or that of an API key,
    std::string password; // and its token or secret.
    std::string from;     // A number or a name; empty: the service chooses.
    std::string messaging_service_sid;
    std::string status_url; // Where reports go; empty: none are asked for.
    std::chrono::milliseconds connect_time_max{3'000};
    std::chrono::milliseconds call_time_max = sms::call_time_max;
};

class Twilio final : public Vendor {
public:
    explicit Twilio(TwilioOptions options);

    asio::awaitable<Answer> send(Message message, Steady::time_point deadline) const override;
    bool knows_repeats() const override { return false; }
    std::string_view name() const override { return "twilio"; }
    asio::awaitable<Check> check(Steady::time_point deadline) const override;

private:
    TwilioOptions options_;
};

// What is posted.
FormFields twilio_form(TwilioOptions const& options, Message const& message);

// What an answer with this status and body means.
Answer read_twilio_answer(int status, std::string_view body);

} // namespace pollux::accounts::sms
