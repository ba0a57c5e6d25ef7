#include "chat/sending/sent_before_store.hpp"

#include "base/required.hpp"
#include "chat/rooms/message_rows.hpp"

namespace pollux::chat {
namespace {

// Only the newest messages are looked at: a client repeats what it has just sent.
constexpr std::int64_t messages_looked_at_max = 400;
constexpr std::int64_t replies_max = 8;

constexpr db::Sql replies_sql = "select " POLLUX_MESSAGE_COLUMNS R"sql( from messages
    where user_id = $1 and room_id = $2 and role = 'assistant' and variant = 1 and created_at > $4 and reply_to in (
        select id from (
            select id, role, content from messages where user_id = $1 and room_id = $2
            order by coalesce(reply_to, id) desc, id desc limit $5
        ) newest where role = 'user' and content = $3)
    order by id desc limit $6
)sql";

} // namespace

asio::awaitable<Result<std::optional<MessageId>>> SentBeforeStore::reply_of(UserId user, idempotency::Key key, Time now)
{
    auto const effect = co_await database_.snapshot(
        [user, key, now](db::Transaction& transaction) { return idempotency::find_effect(transaction, user, key, now); });
    if (!effect) co_return effect.error();
    auto const reply = effect->has_value() ? required(*effect).second_id : std::nullopt;
    if (!reply) co_return std::optional<MessageId>();
    co_return std::optional(MessageId{*reply});
}

asio::awaitable<std::vector<Message>> SentBeforeStore::replies_to(UserId user, RoomId room, std::string content, Time now)
{
    auto const rows =
        co_await database_.read(replies_sql, user, room, std::move(content), now - idempotency::kept, messages_looked_at_max, replies_max);
    std::vector<Message> replies;
    for (std::size_t index = 0; index < rows.size(); ++index) replies.push_back(read_message(rows[index]));
    co_return replies;
}

} // namespace pollux::chat
