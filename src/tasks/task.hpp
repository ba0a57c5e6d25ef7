// A task is a row that asks for work in the background. It is written in the transaction of what causes it, so it is there exactly when
// that is; it is done at least once after that, by whichever process claims it.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <string>

namespace pollux::tasks {

using TaskId = Id<struct TaskTag>;

constexpr UserId nobody{0};

// How long a claim holds without being renewed, by the database's clock.
constexpr std::chrono::seconds lease_duration{20};

// What is asked for. Of one user, kind and subject one task is open at a time: asking again while it is ready keeps the earlier time, and
// while it runs lets it run once more. So the subject says what the work is about, and the payload what it needs besides; of two payloads
// the newer one holds.
struct NewTask {
    std::string kind;
    UserId user = nobody;
    std::string subject{};
    std::string payload{};
    std::chrono::microseconds delay{0}; // From now on, by the database's clock.
};

// One that this process has claimed, until its lease is lost.
struct Task {
    UserId user;
    TaskId id;
    std::string kind;
    std::string subject;
    std::string payload;
    std::int64_t attempt = 0;  // The fence: a write that names another attempt than the row's changes nothing.
    std::int64_t failures = 0; // Attempts before this one that failed or ended without a word.
};

} // namespace pollux::tasks
