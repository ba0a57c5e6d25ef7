#include "chat/sending/send_at_once.hpp"

#include "base/failpoint.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/sending/sent_rows.hpp"

#include <stdexcept>

namespace pollux::chat {
namespace {

// The same as the statements of send_store, send_parts and quota, one after the other, with the rows of sent_rows. Without a unit of quota
// nothing of it happens. Its key can only be a row that is too old: the user's lock is held, and read_basis() has looked.
#define POLLUX_SENT_COLUMNS "unit.used, question.id, reply.id"

namespace column {
enum : std::size_t { used, question_id, reply_id, count };
}
static_assert(db::columns_in(POLLUX_SENT_COLUMNS) == column::count);

constexpr db::Sql send_sql = R"sql(
    with unit as (
        insert into usage_days (user_id, day, used) values ($1, $9, 1)
        on conflict (user_id, day) do update set used = usage_days.used + 1 where usage_days.used < $17
        returning used
    ), question as (
        insert into messages ()sql" POLLUX_QUESTION_COLUMNS R"sql()
        select )sql" POLLUX_QUESTION_VALUES R"sql( from unit
        returning id
    ), reply as (
        insert into messages ()sql" POLLUX_REPLY_COLUMNS R"sql()
        select )sql" POLLUX_REPLY_VALUES("id") R"sql( from question
        returning id
    ), job as (
        insert into jobs ()sql" POLLUX_JOB_COLUMNS R"sql()
        select )sql" POLLUX_JOB_VALUES("id") R"sql( from reply
    ), key as (
        insert into idempotency_keys (user_id, key, request_hash, first_id, second_id, created_at)
        select $1, $18::text, $19::text, question.id, reply.id, $3 from question cross join reply where $18::text is not null
        on conflict (user_id, key) do update
            set request_hash = excluded.request_hash, first_id = excluded.first_id, second_id = excluded.second_id,
                created_at = excluded.created_at
    ), room as (
        update rooms set updated_at = $3, last_text = $20, last_role = 'user', last_at = $3, last_question_id = question.id,
            last_reply_id = reply.id, name = case when is_named = 0 then $21 else name end,
            named_by = case when is_named = 0 then 'message' else named_by end, is_named = 1
        from question cross join reply where rooms.id = $2 and rooms.user_id = $1
    )
    select )sql" POLLUX_SENT_COLUMNS " from unit cross join question cross join reply";

} // namespace

asio::awaitable<Sending> write_send_at_once(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis,
                                            NewReply reply)
{
    auto const state = first_state(basis, reply);
    std::optional<std::string> key;
    std::optional<std::string> request_hash;
    if (request.key) {
        key = request.key->key;
        request_hash = request.key->request_hash;
    }
    auto const name = basis.room_is_named ? std::string() : name_after(request.content);
    auto params = given_params(reply, state, request.content, basis.last_reply, basis.messages_per_day, std::move(key),
                               std::move(request_hash), preview_of(request.content), name);
    failpoint("send_before_commit");
    auto const rows = co_await transaction.execute_last(send_sql, std::move(params));
    if (rows.empty()) throw std::logic_error("a unit was gone between two statements, behind the user's lock");

    auto const row = rows.front();
    reply.question = row.id<MessageId>(column::question_id);
    auto sending = sending_of(std::move(reply), row.id<MessageId>(column::reply_id), state);
    sending.usage = usage_now(basis, row.integer(column::used));
    co_return sending;
}

} // namespace pollux::chat
