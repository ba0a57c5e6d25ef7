#include "billing/demo/demo_prices.hpp"

#include <algorithm>

namespace pollux::billing::demo {

DemoPrice const* find_price(std::string_view id)
{
    auto const* found = std::ranges::find(demo_prices, id, &DemoPrice::id);
    return found == demo_prices.end() ? nullptr : found;
}

std::string amount_text(DemoPrice const& price)
{
    auto const cents = std::to_string(100 + price.amount_cents % 100).substr(1);
    return "$" + std::to_string(price.amount_cents / 100) + "." + cents;
}

std::string_view interval_of(DemoPrice const& price)
{
    return price.months == 12 ? "year" : "month";
}

} // namespace pollux::billing::demo
