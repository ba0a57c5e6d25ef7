#include "chat/rooms/message_store.hpp"

#include "ai/tokens.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/page_size.hpp"
#include "db/columns.hpp"

#include <algorithm>
#include <limits>

namespace pollux::chat {
namespace {

// Each asks whether the room is its user's: a deleted one is nobody's at once, and its messages follow (leftovers.hpp).
constexpr db::Sql find_sql = "select " POLLUX_MESSAGE_COLUMNS " from messages where id = $1 and room_id = $2 and user_id = $3 "
                             "and exists (select 1 from rooms where rooms.id = $2 and rooms.user_id = $3)";

constexpr db::Sql page_sql =
    "select " POLLUX_MESSAGE_COLUMNS " from messages "
    "where room_id = $1 and user_id = $2 and coalesce(reply_to, id) <= $3 and (coalesce(reply_to, id) < $3 or id < $4) and is_shown = 1 "
    "and exists (select 1 from rooms where rooms.id = $1 and rooms.user_id = $2) "
    "order by coalesce(reply_to, id) desc, id desc limit $5";

constexpr db::Sql variants_sql =
    "select " POLLUX_MESSAGE_COLUMNS " from messages "
    "where reply_to = (select reply_to from messages where id = $1 and room_id = $2 and user_id = $3) and user_id = $3 and variant > $4 "
    "and exists (select 1 from rooms where rooms.id = $2 and rooms.user_id = $3) order by variant";

#define POLLUX_BASIS_COLUMNS "j.stop_requested, r.system_prompt, u.custom_instructions, p.context_tokens, p.models"
namespace basis_column {
enum : std::size_t { stop_requested, system_prompt, custom_instructions, context_tokens, models, count };
}
static_assert(db::columns_in(POLLUX_BASIS_COLUMNS) == basis_column::count);

constexpr db::Sql basis_sql = "select " POLLUX_BASIS_COLUMNS R"sql(
    from jobs j join rooms r on r.user_id = j.user_id and r.id = j.room_id join users u on u.id = j.user_id join plans p on p.name = u.tier
    where j.message_id = $1 and j.room_id = $2 and j.user_id = $3
)sql";

// Newest first, in steps: a room may hold far more than any model reads.
#define POLLUX_CHAIN_COLUMNS "id, coalesce(reply_to, id), role, status, content, provider_state, finish_reason"
namespace chain_column {
enum : std::size_t { id, question, role, status, content, provider_state, finish_reason, count };
}
static_assert(db::columns_in(POLLUX_CHAIN_COLUMNS) == chain_column::count);

constexpr db::Sql chain_sql = "select " POLLUX_CHAIN_COLUMNS R"sql( from messages
    where room_id = $1 and user_id = $2 and coalesce(reply_to, id) <= $3 and (coalesce(reply_to, id) < $3 or id < $4) and is_shown = 1
    order by coalesce(reply_to, id) desc, id desc limit $5
)sql";

constexpr std::int64_t chain_step = 40;

// How many of them, from the first one on, make a page.
std::size_t fitting(db::Rows const& rows, std::size_t count_max)
{
    auto const wanted = std::min(rows.size(), count_max);
    std::size_t bytes_max = 0;
    for (std::size_t index = 0; index < wanted; ++index) bytes_max += message_json_bytes_max(rows[index]);
    if (bytes_max <= page_bytes_max) return wanted;
    PageSize size;
    std::size_t count = 0;
    while (count < wanted && size.takes(message_json_bytes(rows[count]))) ++count;
    return count;
}

PastTurn read_turn(db::Row row)
{
    auto const status = read_status(row.text(chain_column::status));
    bool const is_over = status == MessageStatus::completed || status == MessageStatus::stopped;
    bool const is_blocked =
        !row.is_null(chain_column::finish_reason) && read_finish(row.text(chain_column::finish_reason)) == MessageFinish::blocked;
    bool const is_usable = is_over && !is_blocked;
    return {read_role(row.text(chain_column::role)), row.text(chain_column::content), is_usable, row.text(chain_column::provider_state)};
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

    auto const count = fitting(rows, static_cast<std::size_t>(count_max));
    MessagePage page;
    page.messages.reserve(count);
    for (std::size_t index = count; index > 0; --index) page.messages.push_back(read_message(rows[index - 1])); // They came newest first.
    if (rows.size() > count) {
        auto const& oldest = page.messages.front();
        page.before = to_text(MessageCursor{oldest.reply_to.value_or(oldest.id).value, oldest.id.value});
    }
    co_return page;
}

asio::awaitable<Result<VariantPage>> MessageStore::variants(UserId user, RoomId room, MessageId reply, std::int64_t after)
{
    auto const rows = co_await database_.read(variants_sql, reply, room, user, after);
    if (rows.empty() && after == 0) co_return not_found("message");
    auto const count = fitting(rows, rows.size());
    VariantPage page;
    page.results.reserve(count);
    for (std::size_t index = 0; index < count; ++index) page.results.push_back(read_message(rows[index]));
    if (rows.size() > count) page.next = to_text(VariantCursor{page.results.back().variant});
    co_return page;
}

asio::awaitable<std::optional<ReplyBasis>> MessageStore::basis(UserId user, RoomId room, MessageId question, MessageId reply)
{
    auto const rows = co_await database_.read(basis_sql, reply, room, user);
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    ReplyBasis basis;
    basis.stop_requested = row.boolean(basis_column::stop_requested);
    basis.room_prompt = row.text(basis_column::system_prompt);
    basis.user_instructions = row.text(basis_column::custom_instructions);
    basis.context_tokens = row.integer(basis_column::context_tokens);
    basis.plan_models = billing::PlanModels::parse(row.text(basis_column::models));
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
            before = {rows[index].integer(chain_column::question), rows[index].integer(chain_column::id)};
        }
        is_more = rows.size() == static_cast<std::size_t>(chain_step);
    }
    std::ranges::reverse(newest_first);
    co_return newest_first;
}

} // namespace pollux::chat
