// What Pro is to cost, as an operator says it, and how prices are called at Stripe.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::billing::stripe {

struct PriceWish {
    std::int64_t amount_minor = 0; // In what Stripe counts in: cents.
    std::string currency;          // "usd"
    std::string interval;          // day, week, month, year
};

// As it is typed: "20.00", "USD", "month". Errors: wrong_price, with a line that says how it is written.
Result<PriceWish> read_price_wish(std::string_view amount, std::string_view currency, std::string_view interval);

// "20.00 usd a month"
std::string price_text(std::int64_t amount_minor, std::string const& currency, std::string const& interval);

// By which a price is found again: "pollux_pro_monthly".
std::string lookup_key_of(std::string_view interval);

} // namespace pollux::billing::stripe
