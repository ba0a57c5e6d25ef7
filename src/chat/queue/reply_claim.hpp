// A reply that this process may write, until its lease is lost.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pollux::chat {

// How long a claim holds without being renewed, by the database's clock.
constexpr std::chrono::seconds lease_duration{20};

struct ReplyClaim {
    UserId user;
    RoomId room;
    MessageId question;
    MessageId reply;
    std::string model;        // As it was asked for; may not be configured any more.
    std::int64_t attempt = 0; // The fence: a write that names another attempt than the row's changes nothing.
    std::int64_t calls = 0;   // Calls upstream so far, with the one that this claim begins.
    std::int64_t lost = 0;    // Leases of this job that ended without a word.
    Time first_started;
    std::string request_id;  // Of the send or the retry that made it, for the log; empty where an older binary made it.
    std::string ended_calls; // messages.calls (chat/replies/kept_calls.hpp): what is written down with the claim's next transaction.

    std::optional<std::string> calls_column() const { return ended_calls.empty() ? std::nullopt : std::optional(ended_calls); }
};

} // namespace pollux::chat
