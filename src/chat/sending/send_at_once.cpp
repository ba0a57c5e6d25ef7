#include "chat/sending/send_at_once.hpp"

#include "base/failpoint.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/room_store.hpp"
#include "db/columns.hpp"

#include <stdexcept>

namespace pollux::chat {
namespace {

// The same as the statements of send_store, send_parts and quota, one after the other. Without a unit of quota nothing of it happens. Its
// key can only be a row that is too old: the user's lock is held, and read_basis() has looked.
#define POLLUX_SENT_COLUMNS "unit.used, question.id, reply.id"

namespace column {
enum : std::size_t { used, question_id, reply_id, count };
}
static_assert(db::columns_in(POLLUX_SENT_COLUMNS) == column::count);

constexpr db::Sql send_sql = R"sql(
    with unit as (
        insert into usage_days (user_id, day, used) values ($1, $2, 1)
        on conflict (user_id, day) do update set used = usage_days.used + 1 where usage_days.used < $3
        returning used
    ), question as (
        insert into messages (room_id, user_id, role, status, content, parent_id, created_at, completed_at)
        select $4, $1, 'user', 'completed', $5, $6::bigint, $7, $7 from unit
        returning id
    ), reply as (
        insert into messages (room_id, user_id, role, status, content, reply_to, parent_id, variant, variants, is_shown, model, attempt, day,
            created_at)
        select $4, $1, 'assistant', $8, '', id, id, 1, 1, 1, $9, $10, $2, $7 from question
        returning id
    ), job as (
        insert into jobs (kind, user_id, room_id, message_id, state, ready_at, lease_owner, lease_until, attempt, calls, first_started_at,
            created_at)
        select 'reply', $1, $4, id, $11::text, case when $11::text = 'waiting' then null else now_us() end, $12::text,
            now_us() + $13::bigint, $10, $10, $14::bigint, $7
        from reply
    ), key as (
        insert into idempotency_keys (user_id, key, request_hash, first_id, second_id, created_at)
        select $1, $15::text, $16::text, question.id, reply.id, $7 from question cross join reply where $15::text is not null
        on conflict (user_id, key) do update
            set request_hash = excluded.request_hash, first_id = excluded.first_id, second_id = excluded.second_id,
                created_at = excluded.created_at
    ), room as (
        update rooms set updated_at = $7, last_text = $17, last_role = 'user', last_at = $7, last_question_id = question.id,
            last_reply_id = reply.id, name = case when is_named = 0 then $18 else name end, is_named = 1
        from question cross join reply where rooms.id = $4 and rooms.user_id = $1
    )
    select )sql" POLLUX_SENT_COLUMNS " from unit cross join question cross join reply";

} // namespace

asio::awaitable<Sending> write_send_at_once(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis,
                                            NewReply reply)
{
    auto const state = first_state(basis, reply);
    bool const is_running = state == JobState::running;
    std::optional<std::string> owner;
    std::optional<std::int64_t> lease;
    std::optional<Time> started;
    if (is_running) {
        owner = reply.lease_owner;
        lease = std::chrono::microseconds(lease_duration).count();
        started = request.now;
    }
    std::optional<std::string> key;
    std::optional<std::string> request_hash;
    if (request.key) {
        key = request.key->key;
        request_hash = request.key->request_hash;
    }
    auto const status = is_running ? MessageStatus::streaming : MessageStatus::queued;
    auto const name = basis.room_is_named ? std::string() : name_after(request.content);
    failpoint("send_before_commit");
    auto const rows =
        co_await transaction.run_last(send_sql, request.user, day_of(request.now), basis.messages_per_day, request.room, request.content,
                                      basis.last_reply, request.now, to_text(status), reply.model, is_running ? 1 : 0, to_text(state),
                                      owner, lease, started, key, request_hash, preview_of(request.content), name);
    if (rows.empty()) throw std::logic_error("a unit was gone between two statements, behind the user's lock");

    auto const row = rows.front();
    reply.question = row.id<MessageId>(column::question_id);
    auto sending = sending_of(std::move(reply), row.id<MessageId>(column::reply_id), state);
    sending.usage = usage_now(basis, row.integer(column::used), request.now);
    co_return sending;
}

} // namespace pollux::chat
