// How the processes of StoredReplyFeed tell each other of a reply, and what one waiting reader has heard of it.
#pragma once

#include "base/ids.hpp"
#include "net/wakeup.hpp"

#include <atomic>
#include <string>

namespace pollux::chat {

inline std::string feed_signal(MessageId reply)
{
    return "feed:" + std::to_string(reply.value);
}
constexpr std::string_view feed_has_more;         // Payloads.
constexpr std::string_view feed_is_over = "over"; // The attempt ended, or was given up.

struct FeedEar {
    net::Wakeup wakeup;
    std::atomic<bool> is_over = false;
    std::atomic<std::uint64_t> told = 0; // Signals of the writer over Redis.
};

} // namespace pollux::chat
