#include "stripe/errors.hpp"

namespace pollux::sims::stripe {

boost::json::object StripeError::body(std::string_view request_id) const
{
    boost::json::object error{{"message", message}, {"type", type}};
    if (!code.empty()) {
        error["code"] = code;
        error["doc_url"] = "https://stripe.com/docs/error-codes/" + code;
        for (auto& letter : error["doc_url"].as_string()) letter = letter == '_' ? '-' : letter;
    }
    if (!param.empty()) error["param"] = param;
    if (!decline_code.empty()) error["decline_code"] = decline_code;
    error["request_log_url"] = "https://dashboard.stripe.com/test/logs/" + std::string(request_id) + "?t=0";
    for (auto const& field : extra) error[field.key()] = field.value();
    return {{"error", std::move(error)}};
}

StripeError invalid(std::string message, std::string param, std::string code)
{
    StripeError error;
    error.message = std::move(message);
    error.param = std::move(param);
    error.code = std::move(code);
    return error;
}

StripeError refused(int status, std::string message, std::string code)
{
    auto error = invalid(std::move(message), {}, std::move(code));
    error.status = status;
    error.before_execution = true;
    return error;
}

StripeError missing_param(std::string const& param)
{
    auto error = invalid("Missing required param: " + param + ".", param, "parameter_missing");
    error.before_execution = true;
    return error;
}

StripeError no_such(std::string_view what, std::string_view id, int status, std::string param, bool of_other_mode, bool live_key)
{
    std::string message = "No such " + std::string(what) + ": '" + std::string(id) + "'";
    if (of_other_mode) {
        message += live_key ? "; a similar object exists in test mode, but a live mode key was used to make this request."
                            : "; a similar object exists in live mode, but a test mode key was used to make this request.";
    }
    auto error = invalid(std::move(message), std::move(param), "resource_missing");
    error.status = status;
    return error;
}

StripeError card_declined(std::string_view decline_code)
{
    StripeError error;
    error.status = 402;
    error.type = "card_error";
    error.code = "card_declined";
    error.decline_code = decline_code;
    error.message = "Your card was declined.";
    return error;
}

StripeError not_simulated(std::string const& what)
{
    StripeError error;
    error.status = 501;
    error.type = "api_error";
    error.code = "not_simulated";
    error.message = "Stripe knows " + what + ", this simulator does not (sims/README.md lists its limits).";
    error.headers = "Stripe-Should-Retry: false\r\n";
    error.before_execution = true;
    return error;
}

} // namespace pollux::sims::stripe
