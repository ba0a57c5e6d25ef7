// The end of a reply, and its last transaction.
#pragma once

#include "ai/chat_model.hpp"
#include "chat/queue/reply_claim.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

// How a reply ended, and what is kept of it.
struct ReplyEnd {
    MessageStatus status = MessageStatus::completed; // completed, stopped or failed.
    std::string text;
    std::string thoughts;
    std::optional<std::chrono::milliseconds> thought; // How long its model thought, where it showed thoughts.
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
    int promoted = 0;            // Jobs of this user that stepped forward.
    bool asks_for_title = false; // The task name_room is due.
};

// Whether a room that has only the name of its first message is to be named by a model, after its first good reply.
enum class Titles { leave, ask };

// As a part of a larger transaction. What a claim that was lost finishes is refused.
asio::awaitable<Finishing> finish_in(db::Transaction& transaction, ReplyClaim const& claim, ReplyEnd const& end, Time now, Titles titles);

} // namespace pollux::chat
