#include "chat/sending/send_parts.hpp"

#include "base/failpoint.hpp"
#include "base/required.hpp"
#include "billing/quota.hpp"
#include "billing/upgrade.hpp"
#include "chat/sending/sent_rows.hpp"

#include <stdexcept>

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds soon{5}; // Until there is a place again, perhaps.

#define POLLUX_BASIS_COLUMNS                                                                                                               \
    "r.is_named, r.model, r.last_reply_id, u.tier, p.messages_per_day, p.models, p.message_characters_max, p.replies_at_once, "            \
    "j.queued_by_user, j.queued_in_room, j.open_in_room, j.active_of_user, now_us(), d.used, k.request_hash, k.first_id, k.second_id"

namespace column {
enum : std::size_t {
    is_named,
    model,
    last_reply_id,
    tier,
    messages_per_day,
    models,
    message_characters_max,
    replies_at_once,
    queued_by_user,
    queued_in_room,
    open_in_room,
    active_of_user,
    now,
    used,
    request_hash,
    first_id,
    second_id,
    count
};
}
static_assert(db::columns_in(POLLUX_BASIS_COLUMNS) == column::count);

constexpr db::Sql basis_sql = "select " POLLUX_BASIS_COLUMNS R"sql(
    from rooms r
    join users u on u.id = r.user_id
    join plans p on p.name = u.tier
    cross join (
        select count(*) filter (where state <> 'running') as queued_by_user,
            count(*) filter (where room_id = $2 and state <> 'running') as queued_in_room,
            count(*) filter (where room_id = $2) as open_in_room,
            count(*) filter (where state <> 'waiting') as active_of_user
        from jobs where user_id = $1
    ) j
    left join usage_days d on d.user_id = $1 and d.day = now_us() / 86400000000
    left join idempotency_keys k on k.user_id = $1 and k.key = $3 and k.created_at > $4
    where r.id = $2 and r.user_id = $1
)sql";

constexpr db::Sql insert_reply_sql = "insert into messages (" POLLUX_REPLY_COLUMNS ") values (" POLLUX_REPLY_VALUES("$15") ") returning id";

constexpr db::Sql insert_job_sql = "insert into jobs (" POLLUX_JOB_COLUMNS ") values (" POLLUX_JOB_VALUES("$15") ")";

constexpr db::Sql find_message_sql = "select " POLLUX_MESSAGE_COLUMNS " from messages where id = $1 and room_id = $2 and user_id = $3";

SendBasis read_basis_row(db::Row row)
{
    SendBasis basis;
    basis.room_is_named = row.boolean(column::is_named);
    basis.room_model = row.optional_text(column::model);
    basis.last_reply = row.optional_integer(column::last_reply_id);
    basis.tier = row.text(column::tier);
    basis.messages_per_day = row.integer(column::messages_per_day);
    basis.models = billing::PlanModels::parse(row.text(column::models));
    basis.characters_max = row.integer(column::message_characters_max);
    basis.replies_at_once = row.integer(column::replies_at_once);
    basis.queued_by_user = row.integer(column::queued_by_user);
    basis.queued_in_room = row.integer(column::queued_in_room);
    basis.open_in_room = row.integer(column::open_in_room);
    basis.active_of_user = row.integer(column::active_of_user);
    basis.now = row.time(column::now);
    basis.used_today = row.optional_integer(column::used).value_or(0);
    return basis;
}

} // namespace

asio::awaitable<Result<SendBasis>> read_basis(db::Transaction& transaction, UserId user, RoomId room, std::optional<idempotency::Key> key,
                                              Time now)
{
    std::optional<std::string> key_text;
    if (key) key_text = key->key;
    auto const rows = co_await transaction.run(basis_sql, user, room, std::move(key_text), now - idempotency::kept);
    if (rows.empty()) co_return not_found("room");
    auto const row = rows.front();
    auto basis = read_basis_row(row);
    if (!row.is_null(column::request_hash)) {
        auto effect = idempotency::repeat_of(required(key), row.text(column::request_hash),
                                             {row.integer(column::first_id), row.optional_integer(column::second_id)});
        if (!effect) co_return effect.error();
        basis.effect = *effect;
    }
    co_return basis;
}

Error queue_is_full()
{
    return unavailable("busy", "Too many replies are waiting right now; try again in a moment.", soon);
}

Result<void> check_queue(SendBasis const& basis, QueueRoom queue_room)
{
    if (queue_room == QueueRoom::none) return queue_is_full();
    if (basis.queued_in_room >= queued_a_room_max) {
        return rate_limited("room_busy", "Ten messages of this room are waiting for their replies already; wait for one of them.", soon);
    }
    if (basis.queued_by_user >= queued_a_user_max) {
        return rate_limited("queue_full", "Fifty of your messages are waiting for their replies already; wait for one of them.", soon);
    }
    return {};
}

UsageNow usage_now(SendBasis const& basis, std::int64_t used)
{
    auto const remaining = std::max<std::int64_t>(0, basis.messages_per_day - used);
    return {basis.tier, basis.messages_per_day, used, remaining, start_of_day(day_of(basis.now) + 1)};
}

asio::awaitable<Error> limit_reached(db::Transaction& transaction, SendBasis const& basis)
{
    auto const until_midnight = std::chrono::ceil<std::chrono::seconds>(start_of_day(day_of(basis.now) + 1) - basis.now);
    auto const messages = basis.messages_per_day == 1 ? std::string("message") : std::to_string(basis.messages_per_day) + " messages";
    bool const has_way_up = co_await billing::has_higher_plan(transaction, basis.tier);
    auto refusal =
        rate_limited("daily_limit_reached",
                     "Today's " + messages + " of your plan " + (basis.messages_per_day == 1 ? "is" : "are") +
                         " used up; the next day begins at 00:00 UTC." + (has_way_up ? " GET /plans/ shows what gives more." : ""),
                     until_midnight);
    if (!has_way_up) co_return refusal;
    co_return std::move(refusal).with_member({"upgrade", to_json(billing::Upgrade())});
}

asio::awaitable<UsageNow> take_unit(db::Transaction& transaction, UserId user, SendBasis const& basis)
{
    auto const used = co_await billing::take_unit(transaction, user, day_of(basis.now), basis.messages_per_day);
    if (!used) throw std::logic_error("a unit was gone between two statements, behind the user's lock");
    co_return usage_now(basis, *used);
}

JobState first_state(SendBasis const& basis, NewReply const& reply)
{
    if (basis.open_in_room > 0 || basis.active_of_user >= basis.replies_at_once) return JobState::waiting;
    return reply.lease_owner ? JobState::running : JobState::ready;
}

asio::awaitable<Sending> insert_reply(db::Transaction& transaction, SendBasis const& basis, NewReply reply)
{
    auto const state = first_state(basis, reply);
    auto const rows = co_await transaction.execute(insert_reply_sql, given_params(reply, state, reply.question));
    auto const id = rows.front().only().id<MessageId>();
    failpoint("send_before_job");
    co_await transaction.execute_later(insert_job_sql, given_params(reply, state, id));
    co_return sending_of(std::move(reply), id, state);
}

Sending sending_of(NewReply reply, MessageId id, JobState state)
{
    Sending sending;
    sending.job = state;
    if (state == JobState::running) {
        sending.claim = ReplyClaim{reply.user, reply.room, reply.question, id, reply.model, 1, 1, 0, reply.now, reply.names.ours, {}};
    }
    // The answer tells the reply as it was accepted, whether or not somebody has begun it in the same moment.
    sending.reply.id = id;
    sending.reply.chatroom = reply.room;
    sending.reply.role = MessageRole::assistant;
    sending.reply.status = MessageStatus::queued;
    if (state != JobState::running) sending.reply.waiting = Waiting{};
    sending.reply.reply_to = reply.question;
    sending.reply.variant = reply.variant;
    sending.reply.variants = reply.variant;
    sending.reply.requested_model = reply.model;
    sending.reply.model = std::move(reply.model);
    sending.reply.created_at = reply.now;
    if (!reply.names.ours.empty()) sending.reply.request_id = std::move(reply.names.ours);
    return sending;
}

asio::awaitable<Result<Sending>> repeat_answer(db::Transaction& transaction, UserId user, RoomId room, SendBasis const& basis)
{
    Sending sending;
    sending.is_repeat = true;
    auto const effect = required(basis.effect);
    auto const first = co_await transaction.run(find_message_sql, effect.first_id, room, user);
    if (first.empty()) co_return not_found("message");
    sending.reply = read_message(first.front());
    if (effect.second_id) {
        sending.message = std::move(sending.reply);
        auto const second = co_await transaction.run(find_message_sql, *effect.second_id, room, user);
        if (second.empty()) co_return not_found("message");
        sending.reply = read_message(second.front());
    }
    auto const used = co_await billing::used_units(transaction, user, day_of(basis.now));
    sending.usage = usage_now(basis, used);
    co_return sending;
}

} // namespace pollux::chat
