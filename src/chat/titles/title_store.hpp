// What naming a room by a model reads and writes. A room that its user has named, or a model, is never touched.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "billing/quota.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

// A room that still has the name that its first message gave it, and how that was answered.
struct UntitledRoom {
    std::string name;
    std::string question; // Their beginnings.
    std::string reply;
    std::int64_t day = 0; // Of the reply: its use, and so that of its title, is counted on it.
};

// What a call for a title took, and what is to be kept of it.
struct TitleCall {
    RoomId room;
    billing::Settlement took;
    std::string from;
    std::optional<std::string> to; // Nothing: it gave no name.
};

class TitleStore {
public:
    explicit TitleStore(db::Database& database) : database_(database) {}

    // nullopt: it is gone.
    asio::awaitable<std::optional<Time>> replied_at(UserId user, MessageId reply);

    // nullopt: the room or the exchange is gone, or the room has another name by now.
    asio::awaitable<std::optional<UntitledRoom>> find(UserId user, RoomId room, MessageId reply);

    // Whether replies wait for a worker, or are to call a model within seconds: those come first.
    asio::awaitable<bool> do_replies_wait();

    // Counts the tokens and renames the room. False: somebody has named it meanwhile, or it is gone, or there is no name for it.
    asio::awaitable<bool> keep(TitleCall call);

private:
    db::Database& database_;
};

} // namespace pollux::chat
