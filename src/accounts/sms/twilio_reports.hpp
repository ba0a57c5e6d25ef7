// What Twilio posts to tell how a text fares, without I/O: whether it is Twilio's, and what it says.
// Source: npm twilio 6, lib/webhooks/webhooks.js; twilio.com/docs/usage/security, /docs/messaging/guides/track-outbound-message-status.
#pragma once

#include "accounts/sms/form.hpp"

#include <string>
#include <string_view>

namespace pollux::accounts::sms {

struct Posted {
    std::string url;  // As it was given to Twilio, with what followed the "?" as it came.
    std::string body; // The bytes.
    bool is_form = true;
};

// By the account's auth token, also where an API key sends. The port 443 or 80 may stand in the URL or not, as for npm twilio. A body that
// is no form is signed by its hash, which stands in the URL as bodySHA256.
bool is_twilios(Posted const& posted, std::string_view signature, std::string_view auth_token);

// base64 of HMAC-SHA1 over the URL with names and values of the form behind it, by name. What Twilio would send.
std::string twilio_signature(std::string_view url, FormFields fields, std::string_view auth_token);

struct Report {
    std::string provider_id;
    std::string status;     // Twilio's word; empty: none that is known.
    int rank = 0;           // Reports come in any order, and only one with a higher rank holds.
    std::string error_code; // Digits; mostly empty.
};

Report read_report(FormFields const& fields);

} // namespace pollux::accounts::sms
