// The life of a reply after its send: claimed, perhaps called again, put back or handed back, and finished. Each function is one
// transaction, and each write names the attempt it belongs to: a writer that lost its claim changes nothing.
#pragma once

#include "chat/replies/reply_finish.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

// A job that has lost this many leases may be what kills its workers.
constexpr std::int64_t suspect_from = 3;

enum class ClaimKind { usual, suspects };

class ReplyStore {
public:
    explicit ReplyStore(db::Database& database) : database_(database) {}

    // Up to `count_max` ready jobs, the ones that have been ready for longest. Suspects are claimed one at a time, to be run alone.
    asio::awaitable<std::vector<ReplyClaim>> claim(std::string owner, ClaimKind kind, std::int64_t count_max);

    // Before each call upstream after a claim's first one. `restarts` when text went out already: the attempt rises by one, for the
    // claim and for readers. nullopt: refused.
    enum class NextCall { same_attempt, restarts };
    asio::awaitable<std::optional<ReplyClaim>> count_call(ReplyClaim claim, NextCall next);

    // Another model writes, before anything went out: the attempt rises, so that readers are told. nullopt: refused.
    asio::awaitable<std::optional<ReplyClaim>> begin_attempt(ReplyClaim claim);

    // The claim's ended_calls are kept too, as in all of these.
    asio::awaitable<Finishing> finish(ReplyClaim claim, ReplyEnd end, Time now, Titles titles = Titles::leave);

    // Whether the call that was counted last was cut, or never began, by our own doing: then it does not count.
    enum class Call { cut, none };

    // Due later, and readers are told why; frees the user's slot, but the room waits for it.
    asio::awaitable<Finishing> put_back(ReplyClaim claim, std::chrono::microseconds wait, Call call,
                                        WaitReason reason = WaitReason::model_unavailable);

    // Ready again at once: the process stops.
    asio::awaitable<Finishing> hand_back(ReplyClaim claim, Call call);

private:
    db::Database& database_;
};

} // namespace pollux::chat
