// What the demo sells: the one place where its prices stand.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::billing::demo {

struct DemoPrice {
    std::string_view id;
    std::string_view plan;
    std::string_view product;
    std::string_view title;    // For the demo's pages.
    std::int64_t amount_cents; // US dollars.
    int months;                // Of one period: 1 or 12.
};

inline constexpr std::array<DemoPrice, 2> demo_prices{{
    {"demo_pro_monthly", "pro", "demo_pro", "Pollux Pro, monthly", 12'00, 1},
    {"demo_pro_yearly", "pro", "demo_pro", "Pollux Pro, yearly", 120'00, 12},
}};

DemoPrice const* find_price(std::string_view id);     // Null: it sells no such thing.
std::string amount_text(DemoPrice const& price);      // "$12.00"
std::string_view interval_of(DemoPrice const& price); // "month", "year".

} // namespace pollux::billing::demo
