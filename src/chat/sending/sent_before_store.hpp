// Finds the reply to a send that a client repeats: by its key, or, where it gave none, by what it said in this room.
#pragma once

#include "base/error.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"
#include "idempotency/idempotency.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

class SentBeforeStore {
public:
    explicit SentBeforeStore(db::Database& database) : database_(database) {}

    // nullopt: the key is new. 422 idempotency_key_reused.
    asio::awaitable<Result<std::optional<MessageId>>> reply_of(UserId user, idempotency::Key key, Time now);

    // The replies to the last few messages of the room that said the same, newest first; of the time for which a key would be kept.
    asio::awaitable<std::vector<Message>> replies_to(UserId user, RoomId room, std::string content, Time now);

private:
    db::Database& database_;
};

} // namespace pollux::chat
