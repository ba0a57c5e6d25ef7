#include "sms/twilio_errors.hpp"

namespace pollux::sims::sms {

namespace {

struct Words {
    std::int64_t code;
    int status;
    std::string_view message; // {to} and {from} are put in.
};

constexpr Words words[] = {
    {20003, 401, "Authenticate"},
    {20404, 404, "The requested resource was not found"},
    {20429, 429, "Too Many Requests"},
    {20500, 500, "An internal server error has occurred"},
    {20503, 503, "Service is unavailable"},
    {21211, 400, "Invalid 'To' Phone Number: {to}"},
    {21212, 400, "Invalid From Number (caller ID): {from}"},
    {21408, 400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}"},
    {21602, 400, "Message body is required."},
    {21603, 400, "A 'From' phone number is required."},
    {21604, 400, "A 'To' phone number is required."},
    {21606, 400, "The 'From' phone number {from} is not a valid, SMS-capable inbound phone number or short code for your account."},
    {21608, 400,
     "The number {to} is unverified. Trial accounts cannot send messages to unverified numbers; verify {to} at "
     "twilio.com/user/account/phone-numbers/verified, or purchase a Twilio number to send messages to unverified numbers"},
    {21610, 400, "Attempt to send to unsubscribed recipient"},
    {21612, 400, "Message cannot be sent with the current combination of 'To' ({to}) and/or 'From' ({from}) parameters"},
    {21614, 400, "'To' number: {to}, is not a valid mobile number"},
    {21617, 400, "The concatenated message body exceeds the 1600 character limit"},
    {90007, 400, "Invalid validity period value"},
};

std::string filled(std::string_view message, std::string_view name, std::string_view value)
{
    std::string text(message);
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) text.replace(at, name.size(), value);
    return text;
}

} // namespace

TwilioError twilio_error(std::int64_t code, std::string_view to, std::string_view from)
{
    for (auto const& one : words) {
        if (one.code == code) return {one.status, code, filled(filled(one.message, "{to}", to), "{from}", from)};
    }
    return {400, code, "Error " + std::to_string(code)};
}

Answer TwilioError::answer() const
{
    Answer made{.status = status,
                .body = {{"code", code},
                         {"message", message},
                         {"more_info", "https://www.twilio.com/docs/errors/" + std::to_string(code)},
                         {"status", status}},
                .code = code};
    if (status == 401) made.headers = "WWW-Authenticate: Basic realm=\"Twilio API\"\r\n";
    return made;
}

} // namespace pollux::sims::sms
