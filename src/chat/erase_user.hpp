// Everything the chat room keeps of a user, for the transaction that erases him. The caller bumps nothing afterwards: his rooms are gone.
#pragma once

#include "base/ids.hpp"
#include "db/database.hpp"

namespace pollux::chat {

namespace asio = boost::asio;

// Replies that are being written are refused when they finish. Call ReplyWorker::stop_user() after COMMIT, so that they end at once.
asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user);

} // namespace pollux::chat
