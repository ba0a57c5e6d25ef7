// What naming a room by a model reads and writes. A room that its user has named, or a model, is never touched.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

// A room that still has the name that its first message gave it, and what was said first in it.
struct UntitledRoom {
    std::string name;
    std::string question;
    std::string reply;
    Time replied_at;
};

class TitleStore {
public:
    explicit TitleStore(db::Database& database) : database_(database) {}

    // nullopt: the room or the exchange is gone, or the room has another name by now.
    asio::awaitable<std::optional<UntitledRoom>> find(UserId user, RoomId room, MessageId reply);

    // Whether replies wait for a worker, or are to call a model within seconds: those come first.
    asio::awaitable<bool> do_replies_wait();

    // False: somebody has named it meanwhile, or it is gone.
    asio::awaitable<bool> rename(UserId user, RoomId room, std::string from, std::string to);

private:
    db::Database& database_;
};

} // namespace pollux::chat
