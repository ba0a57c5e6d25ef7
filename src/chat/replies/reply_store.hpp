// The life of a reply after its send: claimed, perhaps called again, put back or handed back, and finished. Each function is one
// transaction, and each write names the attempt it belongs to: a writer that lost its claim changes nothing.
#pragma once

#include "ai/chat_model.hpp"
#include "base/error.hpp"
#include "chat/queue/reply_claim.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

// How a reply ended, and what is kept of it.
struct ReplyEnd {
    MessageStatus status = MessageStatus::completed; // completed, stopped or failed.
    std::string text;
    std::string thoughts;
    std::string citations_json = "[]";
    std::optional<MessageFinish> finish_reason;
    std::optional<MessageError> error;
    MessageUsage usage;
    std::string model; // The one that wrote it.
    std::string provider_state;
};

// Whether it costs its unit: all do but those that failed without text.
bool costs_unit(ReplyEnd const& end);

MessageError upstream_failed(); // What a user is told; providers' words are for the log.
MessageError error_of(ai::Failed::Reason reason);
MessageError not_storable();
MessageError worker_lost();

enum class Fate {
    done,
    refused,        // The claim was lost: nothing was changed, and the work is to be dropped.
    stop_requested, // Of put_back: its user has stopped it meanwhile. Nothing was changed; finish it as stopped.
};

struct Finishing {
    Fate fate = Fate::refused;
    int promoted = 0; // Jobs of this user that stepped forward.
};

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

    asio::awaitable<Finishing> finish(ReplyClaim claim, ReplyEnd end, Time now);

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

// The finish as a part of a larger transaction.
asio::awaitable<Finishing> finish_in(db::Transaction& transaction, ReplyClaim const& claim, ReplyEnd const& end, Time now);

} // namespace pollux::chat
