// Reading messages: one, a page of a room, the variants of a reply, and what a reply is to answer.
#pragma once

#include "base/error.hpp"
#include "billing/plan.hpp"
#include "chat/rooms/context.hpp"
#include "chat/rooms/cursor.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

// Oldest first; `before` leads to the page before.
struct MessagePage {
    std::vector<Message> messages;
    std::optional<std::string> before;
};

struct VariantPage {
    std::vector<Message> results;
    std::optional<std::string> next;
};
POLLUX_DESCRIBE(VariantPage, (results, next))

// What a worker needs to know before it asks the model.
struct ReplyBasis {
    bool stop_requested = false;
    std::string room_prompt;
    std::string user_instructions;
    std::int64_t context_tokens = 0;
    billing::PlanModels plan_models;
    std::vector<PastTurn> chain; // Oldest first, ends with the question; at least as much as the budget holds.
};

class MessageStore {
public:
    explicit MessageStore(db::Database& database) : database_(database) {}

    asio::awaitable<Result<Message>> find(UserId user, RoomId room, MessageId message);

    // The newest `count_max` before the cursor, of each reply the variant that is shown. Does not look whether the room is the user's
    // beyond what the rows say: a foreign room has no messages of this user.
    asio::awaitable<MessagePage> page(UserId user, RoomId room, std::optional<MessageCursor> before, std::int64_t count_max);

    // The variants of the question that `reply` answers, oldest first, after the variant of the cursor (0: from the first one).
    // not_found when it is no reply.
    asio::awaitable<Result<VariantPage>> variants(UserId user, RoomId room, MessageId reply, std::int64_t after);

    // nullopt when the reply or its job is gone.
    asio::awaitable<std::optional<ReplyBasis>> basis(UserId user, RoomId room, MessageId question, MessageId reply);

private:
    asio::awaitable<std::vector<PastTurn>> chain(UserId user, RoomId room, MessageId question, std::int64_t tokens_min);

    db::Database& database_;
};

} // namespace pollux::chat
