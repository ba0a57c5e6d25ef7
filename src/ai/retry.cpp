#include "ai/retry.hpp"

#include <algorithm>

namespace pollux::ai {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_wait_max{1000};
constexpr milliseconds last_call_wait_max{15'000};
constexpr milliseconds retry_after_spread_max{500};

// A part of `range` chosen by `random`: [0, range].
milliseconds part_of(milliseconds range, std::uint64_t random)
{
    return milliseconds(static_cast<std::int64_t>(random % static_cast<std::uint64_t>(range.count() + 1)));
}

milliseconds wait_before_next_call(RetryQuestion const& question)
{
    auto const doublings = std::clamp(question.calls_made - 1, 0, calls_a_reply_max);
    bool const is_last = question.calls_made >= calls_a_reply_max - 1;
    auto const longest = is_last ? last_call_wait_max : first_wait_max * (1 << doublings);
    auto const shortest = is_last ? last_call_wait_min : longest / 2;
    auto const backoff = shortest + part_of(longest - shortest, question.random);
    if (!question.failure.retry_after) return backoff;

    auto const asked = std::clamp(*question.failure.retry_after, milliseconds(0), milliseconds(reply_duration_max) * 2);
    return std::max(backoff, asked + part_of(retry_after_spread_max, question.random));
}

} // namespace

Time next_call_due(RetryQuestion const& question)
{
    return question.now + wait_before_next_call(question);
}

} // namespace pollux::ai
