// What is said where the payment provider does not answer, or refuses: to who asks for something, and in a task that comes again. A refusal
// is for the operator to mend, as a rule by a right that the key lacks; the provider's own words of it go to the log alone.
#pragma once

#include "base/error.hpp"
#include "billing/stripe/lists.hpp"

#include <string>

namespace pollux::billing {

// Why a task comes again.
inline constexpr char const* provider_away = "The payment provider did not answer.";
inline constexpr char const* provider_refuses =
    "The payment provider refuses it: as a rule its key lacks a right, which payment_refused in the log names.";
inline constexpr char const* account_unknown = "Which account the key is of is not known; stripe_account_unknown in the log says why.";

Error payment_provider_slow(); // Ask again.

// `code` and `detail` are the provider's, and go to the log.
Error payment_refused(std::string const& code, std::string const& detail);
void log_refusal(std::string const& code, std::string const& detail);

// Of what is neither there nor missing. A refusal goes to the log.
template <class T>
Error error_of(stripe::Fetched<T> const& fetched)
{
    return fetched.is_refused ? payment_refused({}, fetched.detail) : payment_provider_slow();
}
template <class T>
char const* reason_of(stripe::Fetched<T> const& fetched)
{
    if (fetched.is_refused) log_refusal({}, fetched.detail);
    return fetched.is_refused ? provider_refuses : provider_away;
}

} // namespace pollux::billing
