#include "tasks/task_verdict.hpp"

#include <algorithm>

namespace pollux::tasks {
namespace {

constexpr int doublings_max = 20;
constexpr double jitter_share = 0.25;

std::chrono::microseconds back_off(TaskLimits limits, std::int64_t failures, double jitter)
{
    auto const doublings = std::clamp<std::int64_t>(failures - 1, 0, doublings_max);
    auto const usual = std::min(limits.back_off * (std::int64_t(1) << doublings), limits.back_off_max);
    auto const more = static_cast<double>(usual.count()) * jitter_share * jitter;
    return usual + std::chrono::microseconds(static_cast<std::int64_t>(more));
}

} // namespace

TaskVerdict judge(TaskEnd end, TaskLimits limits, std::int64_t failures, double jitter)
{
    using Next = TaskVerdict::Next;
    switch (end) {
    case TaskEnd::done: return {Next::gone};
    case TaskEnd::hand_back: return {Next::ready, failures};
    case TaskEnd::wait: return {Next::ready, failures, limits.back_off_max};
    case TaskEnd::give_up: return {Next::dead, failures + 1};
    case TaskEnd::retry:
    case TaskEnd::lost: break;
    }
    auto const failed = failures + 1;
    if (failed >= limits.attempts_max) return {Next::dead, failed};
    return {Next::ready, failed, back_off(limits, failed, jitter)};
}

} // namespace pollux::tasks
