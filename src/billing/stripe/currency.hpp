// How Stripe writes amounts: in the smallest unit that it counts in.
// Source: docs.stripe.com/currencies ("Zero-decimal currencies", "Three-decimal currencies").
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace pollux::billing::stripe {

// How many digits of an amount stand behind the point. `currency`: ISO 4217 in small letters. ISK and UGX count in hundredths with Stripe,
// though there are none.
constexpr std::int64_t minor_digits(std::string_view currency)
{
    constexpr std::array<std::string_view, 15> none{"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
                                                    "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"};
    constexpr std::array<std::string_view, 5> three{"bhd", "jod", "kwd", "omr", "tnd"};
    if (std::ranges::find(none, currency) != none.end()) return 0;
    return std::ranges::find(three, currency) != three.end() ? 3 : 2;
}
static_assert(minor_digits("usd") == 2 && minor_digits("jpy") == 0 && minor_digits("kwd") == 3 && minor_digits("isk") == 2);

} // namespace pollux::billing::stripe
