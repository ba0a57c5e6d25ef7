// What a run says of its end. Reasons are our words: they are kept and shown to operators, so never a provider's text, a number or a code.
#pragma once

#include "tasks/task_verdict.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace pollux::tasks {

class TaskOutcome {
public:
    static TaskOutcome done() { return TaskOutcome(TaskEnd::done); }
    static TaskOutcome retry(std::string reason, std::optional<std::chrono::microseconds> after = std::nullopt)
    {
        return TaskOutcome(TaskEnd::retry, std::move(reason), after);
    }
    // Not before that time, which somebody else has asked for, and not before the usual back-off either.
    static TaskOutcome retry_not_before(std::string reason, std::optional<std::chrono::microseconds> at_least)
    {
        TaskOutcome outcome(TaskEnd::retry, std::move(reason));
        outcome.at_least_ = at_least.value_or(std::chrono::microseconds(0));
        return outcome;
    }
    static TaskOutcome give_up(std::string reason) { return TaskOutcome(TaskEnd::give_up, std::move(reason)); }

    // For what only another process can do, or this one later: an account whose key is not here.
    static TaskOutcome wait(std::string reason, std::chrono::microseconds after)
    {
        return TaskOutcome(TaskEnd::wait, std::move(reason), after);
    }

    // There is more to do than its time allowed, or than a stop allows: it goes on where it is, at once or elsewhere.
    static TaskOutcome hand_back() { return TaskOutcome(TaskEnd::hand_back); }

    TaskEnd end() const { return end_; }
    std::string const& reason() const { return reason_; }
    std::optional<std::chrono::microseconds> after() const { return after_; } // Instead of the usual back-off.
    std::chrono::microseconds at_least() const { return at_least_; }

private:
    explicit TaskOutcome(TaskEnd end, std::string reason = {}, std::optional<std::chrono::microseconds> after = std::nullopt)
        : end_(end), reason_(std::move(reason)), after_(after)
    {}

    TaskEnd end_;
    std::string reason_;
    std::optional<std::chrono::microseconds> after_;
    std::chrono::microseconds at_least_{0};
};

inline TaskVerdict judge(TaskOutcome const& outcome, TaskLimits limits, std::int64_t failures, double jitter)
{
    auto verdict = judge(outcome.end(), limits, failures, jitter);
    if (verdict.next == TaskVerdict::Next::ready) verdict.delay = std::max(outcome.after().value_or(verdict.delay), outcome.at_least());
    return verdict;
}

} // namespace pollux::tasks
