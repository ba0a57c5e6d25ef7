#include "billing/stripe/portal_switches.hpp"

#include <algorithm>

namespace pollux::billing::stripe {
namespace {

void sort(std::vector<ProductPrices>& switches)
{
    for (auto& one : switches) std::ranges::sort(one.prices);
    std::ranges::sort(switches, {}, &ProductPrices::product);
}

} // namespace

PortalSwitches choose_switches(std::vector<Price> const& wanted)
{
    PortalSwitches switches;
    std::vector<Price const*> chosen;
    for (auto const& price : wanted) {
        bool const is_sold = price.is_active && !price.interval.empty();
        bool const is_known = std::ranges::any_of(chosen, [&](auto const* other) { return other->id == price.id; });
        if (!is_sold || is_known) continue;
        auto const instead = std::ranges::find_if(chosen, [&](auto const* other) { return exclude_each_other(*other, price); });
        if (instead != chosen.end()) {
            switches.left_out.push_back({price.id, (*instead)->id});
            continue;
        }
        auto product = std::ranges::find(switches.offered, price.product, &ProductPrices::product);
        if (product == switches.offered.end()) {
            if (switches.offered.size() == portal_products_max) {
                switches.left_out.push_back({price.id, {}});
                continue;
            }
            product = switches.offered.insert(switches.offered.end(), {price.product, {}});
        }
        product->prices.push_back(price.id);
        chosen.push_back(&price);
    }
    return switches;
}

bool are_same_switches(std::vector<ProductPrices> one, std::vector<ProductPrices> other)
{
    sort(one);
    sort(other);
    return one == other;
}

bool exclude_each_other(Price const& one, Price const& other)
{
    return one.id != other.id && one.product == other.product && one.interval == other.interval &&
           one.interval_count == other.interval_count;
}

} // namespace pollux::billing::stripe
