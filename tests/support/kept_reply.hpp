// A reply as the database keeps it, for streams that look at it there.
#pragma once

#include "chat/rooms/message.hpp"

#include <boost/asio/awaitable.hpp>

namespace pollux::test {

namespace asio = boost::asio;

inline constexpr MessageId reply{42};

struct Kept {
    chat::Message message{.id = reply, .role = chat::MessageRole::assistant, .status = chat::MessageStatus::queued};
    bool is_deleted = false;
    int loads = 0;
    int commits_at_load = -1; // From this load on the message is completed.
};

inline asio::awaitable<Result<chat::Message>> load_from(Kept& kept)
{
    if (++kept.loads == kept.commits_at_load) kept.message.status = chat::MessageStatus::completed;
    if (kept.is_deleted) co_return not_found("room");
    co_return kept.message;
}

} // namespace pollux::test
