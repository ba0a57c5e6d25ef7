// What Stripe refuses, in its words. Thrown by whatever finds it and turned into an answer in one place.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace pollux::sims::stripe {

struct StripeError {
    int status = 400;
    std::string type = "invalid_request_error";
    std::string code;
    std::string message;
    std::string param;
    std::string decline_code;
    std::string headers;            // "Name: value\r\n", beside the usual ones.
    bool before_execution = false;  // Never kept under an idempotency key: nothing had begun.
    boost::json::object extra = {}; // Further fields of the error, such as payment_intent.

    boost::json::object body(std::string_view request_id) const;
};

StripeError invalid(std::string message, std::string param = {}, std::string code = {});
StripeError refused(int status, std::string message, std::string code = {}); // Before anything began.
StripeError missing_param(std::string const& param);
StripeError no_such(std::string_view what, std::string_view id, int status, std::string param, bool of_other_mode, bool live_key);
StripeError card_declined(std::string_view decline_code = "generic_decline");
StripeError not_simulated(std::string const& what);

} // namespace pollux::sims::stripe
