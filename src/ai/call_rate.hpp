// MODEL_CALLS_PER_MINUTE as an even pace, so that a minute never holds more than the number and one burst of a second's worth.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pollux::ai {

struct CallRule {
    std::int64_t count = 1;
    std::chrono::seconds window{1};
};

constexpr CallRule call_rule(std::size_t calls_per_minute)
{
    auto const calls = static_cast<std::int64_t>(calls_per_minute);
    if (calls >= 60) return {calls / 60, std::chrono::seconds(1)};
    return {1, std::chrono::seconds((60 + calls - 1) / calls)};
}

static_assert(call_rule(6'000).count == 100 && call_rule(6'000).window.count() == 1);
static_assert(call_rule(7).count == 1 && call_rule(7).window.count() == 9);

} // namespace pollux::ai
