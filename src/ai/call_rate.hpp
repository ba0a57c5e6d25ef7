// MODEL_CALLS_PER_MINUTE as an even pace, so that a minute never holds more than the number and one burst of a second's worth.
//
// The model that names rooms keeps a quarter of it for that, and replies have the rest: each has a pace of its own, so no title makes a
// reply wait, and both together are no faster than the number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pollux::ai {

struct CallRule {
    std::int64_t count = 1;
    std::chrono::seconds window{1};
};

// all: of a model that names no rooms.
enum class CallShare { all, replies, titles };

constexpr std::int64_t quarters_of(CallShare share)
{
    switch (share) {
    case CallShare::all: return 4;
    case CallShare::replies: return 3;
    case CallShare::titles: return 1;
    }
    return 4;
}

constexpr CallRule call_rule(std::size_t calls_per_minute, CallShare share)
{
    constexpr std::int64_t seconds = 4 * 60; // In which a quarter of the pace is a whole number.
    auto const calls = static_cast<std::int64_t>(calls_per_minute) * quarters_of(share);
    if (calls >= seconds) return {calls / seconds, std::chrono::seconds(1)};
    return {1, std::chrono::seconds((seconds + calls - 1) / calls)};
}

static_assert(call_rule(6'000, CallShare::all).count == 100 && call_rule(6'000, CallShare::all).window.count() == 1);
static_assert(call_rule(7, CallShare::all).count == 1 && call_rule(7, CallShare::all).window.count() == 9);
static_assert(call_rule(30, CallShare::replies).window.count() == 3 && call_rule(30, CallShare::titles).window.count() == 8);
static_assert(call_rule(1, CallShare::replies).window.count() == 80 && call_rule(1, CallShare::titles).window.count() == 240);
static_assert(call_rule(6'000, CallShare::replies).count == 75 && call_rule(6'000, CallShare::titles).count == 25);

} // namespace pollux::ai
