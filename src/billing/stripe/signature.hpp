// Whether a webhook's body was signed by who knows one of the endpoint's secrets: the header Stripe-Signature, scheme v1.
// Source: docs.stripe.com/webhooks; npm stripe, Webhooks.js.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace pollux::billing::stripe {

// An event that was signed longer ago is refused: somebody may have kept it. One from the future is not, as in Stripe's own clients:
// clocks differ, and who can sign can sign for now.
constexpr std::chrono::seconds signature_age_max{300};

// What a header may have of them; more are not looked at, so that nobody makes us compute for long.
constexpr std::size_t signatures_max = 20;

enum class SignatureVerdict {
    right,
    absent,    // No header.
    malformed, // No readable time, or no v1.
    too_old,   // Rightly signed, too long ago.
    wrong,     // Of another body, or by another secret.
};

// `body`: the bytes as they came. `secrets`: whole, with their "whsec_"; several while they change. Empty ones sign nothing.
SignatureVerdict judge_signature(std::string_view header, std::string_view body, std::span<std::string const> secrets, Time now);

// The header's value, as Stripe makes it.
std::string sign(std::string_view body, std::string_view secret, Time now);

} // namespace pollux::billing::stripe
