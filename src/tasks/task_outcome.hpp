// What a run says of its end. Reasons are our words: they are kept and shown to operators, so never a provider's text, a number or a code.
#pragma once

#include "tasks/task_verdict.hpp"

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

private:
    explicit TaskOutcome(TaskEnd end, std::string reason = {}, std::optional<std::chrono::microseconds> after = std::nullopt)
        : end_(end), reason_(std::move(reason)), after_(after)
    {}

    TaskEnd end_;
    std::string reason_;
    std::optional<std::chrono::microseconds> after_;
};

} // namespace pollux::tasks
