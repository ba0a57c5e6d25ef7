#include "chat/message_store.hpp"

#include "ai/tokens.hpp"
#include "chat/message_rows.hpp"

#include <algorithm>
#include <limits>

namespace pollux::chat {
namespace {

constexpr db::Sql find_sql = "select " POLLUX_MESSAGE_COLUMNS " from messages where id = $1 and room_id = $2 and user_id = $3";

constexpr db::Sql page_sql =
    "select " POLLUX_MESSAGE_COLUMNS " from messages "
    "where room_id = $1 and user_id = $2 and coalesce(reply_to, id) <= $3 and (coalesce(reply_to, id) < $3 or id < $4) and is_shown = 1 "
    "order by coalesce(reply_to, id) desc, id desc limit $5";

constexpr db::Sql variants_sql =
    "select " POLLUX_MESSAGE_COLUMNS " from messages "
    "where reply_to = (select reply_to from messages where id = $1 and room_id = $2 and user_id = $3) and user_id = $3 order by variant";

constexpr db::Sql basis_sql = R"sql(
    select j.stop_requested, r.system_prompt, u.custom_instructions, p.context_tokens, p.models
    from jobs j join rooms r on r.user_id = j.user_id and r.id = j.room_id join users u on u.id = j.user_id join plans p on p.name = u.tier
    where j.message_id = $1 and j.room_id = $2 and j.user_id = $3
)sql";

// Newest first, in steps: a room may hold far more than any model reads.
constexpr db::Sql chain_sql = R"sql(
    select id, coalesce(reply_to, id), role, status, content, provider_state from messages
    where room_id = $1 and user_id = $2 and coalesce(reply_to, id) <= $3 and (coalesce(reply_to, id) < $3 or id < $4) and is_shown = 1
    order by coalesce(reply_to, id) desc, id desc limit $5
)sql";

constexpr std::int64_t chain_step = 40;

PastTurn read_turn(db::Row row)
{
    auto const status = read_status(row.text(3));
    bool const is_usable = status == MessageStatus::completed || status == MessageStatus::stopped;
    return {read_role(row.text(2)), row.text(4), is_usable, row.text(5)};
}

} // namespace

asio::awaitable<Result<Message>> MessageStore::find(UserId user, RoomId room, MessageId message)
{
    auto const rows = co_await database_.read(find_sql, message, room, user);
    if (rows.empty()) co_return not_found("message");
    co_return read_message(rows.front());
}

asio::awaitable<MessagePage> MessageStore::page(UserId user, RoomId room, std::optional<MessageCursor> before, std::int64_t count_max)
{
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    auto const from = before.value_or(MessageCursor{largest, largest});
    auto const rows = co_await database_.read(page_sql, room, user, from.question, from.id, count_max + 1);

    auto const count = std::min(rows.size(), static_cast<std::size_t>(count_max));
    MessagePage page;
    page.messages.reserve(count);
    for (std::size_t index = count; index > 0; --index) page.messages.push_back(read_message(rows[index - 1])); // They came newest first.
    if (rows.size() > count) {
        auto const& oldest = page.messages.front();
        page.before = to_text(MessageCursor{oldest.reply_to.value_or(oldest.id).value, oldest.id.value});
    }
    co_return page;
}

asio::awaitable<Result<std::vector<Message>>> MessageStore::variants(UserId user, RoomId room, MessageId reply)
{
    auto const rows = co_await database_.read(variants_sql, reply, room, user);
    if (rows.empty()) co_return not_found("message");
    std::vector<Message> messages;
    for (std::size_t index = 0; index < rows.size(); ++index) messages.push_back(read_message(rows[index]));
    co_return messages;
}

asio::awaitable<std::optional<ReplyBasis>> MessageStore::basis(UserId user, RoomId room, MessageId question, MessageId reply)
{
    auto const rows = co_await database_.read(basis_sql, reply, room, user);
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    ReplyBasis basis{row.boolean(0), row.text(1), row.text(2), row.integer(3), billing::PlanModels::parse(row.text(4)), {}};
    basis.chain = co_await chain(user, room, question, basis.context_tokens);
    if (basis.chain.empty()) co_return std::nullopt;
    co_return basis;
}

asio::awaitable<std::vector<PastTurn>> MessageStore::chain(UserId user, RoomId room, MessageId question, std::int64_t tokens_min)
{
    std::vector<PastTurn> newest_first;
    std::int64_t tokens = 0;
    MessageCursor before{question.value, question.value + 1}; // From the question on, without its replies: they have higher ids.
    for (bool is_more = true; is_more && tokens <= tokens_min;) {
        auto const rows = co_await database_.read(chain_sql, room, user, before.question, before.id, chain_step);
        for (std::size_t index = 0; index < rows.size(); ++index) {
            newest_first.push_back(read_turn(rows[index]));
            if (newest_first.back().is_usable) tokens += ai::estimate_tokens(newest_first.back().text);
            before = {rows[index].integer(1), rows[index].integer(0)};
        }
        is_more = rows.size() == static_cast<std::size_t>(chain_step);
    }
    std::ranges::reverse(newest_first);
    co_return newest_first;
}

} // namespace pollux::chat
