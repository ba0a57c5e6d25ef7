// What a send writes, as one statement: PostgreSQL, where each statement costs a round trip and the user's lock is held meanwhile.
#pragma once

#include "chat/sending/send_parts.hpp"

namespace pollux::chat {

// All of it, and COMMIT.
asio::awaitable<Sending> write_send_at_once(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis,
                                            NewReply reply);

} // namespace pollux::chat
