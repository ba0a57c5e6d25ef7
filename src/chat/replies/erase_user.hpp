// What ends with an account at once: replies that wait or are being written, and whatever shows the user's rooms. The rest goes in pieces
// (chat/rooms/leftovers.hpp). The caller bumps nothing afterwards: the rooms are gone.
#pragma once

#include "base/ids.hpp"
#include "db/database.hpp"

#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

// For the transaction that ends the account, behind the user's lock. Units of queued replies are given back. Replies that are being written
// are refused when they finish; call ReplyWorker::stop_user() after COMMIT, so that they end at once. The rooms that are nobody's now.
asio::awaitable<std::vector<RoomId>> end_user(db::Transaction& transaction, UserId user);

} // namespace pollux::chat
