#include "chat/replies/lease_store.hpp"

#include "chat/queue/job_queue.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/streams/reply_parts_store.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

#define POLLUX_KEPT_COLUMNS "user_id, message_id, attempt, stop_requested"
namespace kept_column {
enum : std::size_t { user_id, message_id, attempt, stop_requested, count };
}
static_assert(db::columns_in(POLLUX_KEPT_COLUMNS) == kept_column::count);

constexpr db::Sql renew_scan_sql = R"sql(
    update jobs set lease_until = now_us() + $2 where lease_owner = $1 and state = 'running' returning )sql" POLLUX_KEPT_COLUMNS;

#define POLLUX_LEASED_COLUMNS "j.user_id, j.room_id, j.message_id, j.attempt, j.calls, j.lost, m.reply_to, m.model, m.request_id, m.calls"
namespace column {
enum : std::size_t { user_id, room_id, message_id, attempt, calls, lost, reply_to, model, request_id, ended_calls, count };
}
static_assert(db::columns_in(POLLUX_LEASED_COLUMNS) == column::count);

constexpr db::Sql expired_scan_sql = "select " POLLUX_LEASED_COLUMNS R"sql(
    from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id
    where j.state = 'running' and j.lease_until < now_us()
    order by j.lease_until limit 100
)sql";

constexpr db::Sql of_others_scan_sql = "select " POLLUX_LEASED_COLUMNS R"sql(
    from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id
    where j.state = 'running' and j.lease_owner <> $1
    order by j.lease_until limit 100
)sql";

constexpr db::Sql owned_sql = "select " POLLUX_LEASED_COLUMNS R"sql(
    from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id
    where j.state = 'running' and j.lease_owner = $1 and j.message_id = $2 and j.user_id = $3
)sql";

// Asked again, behind the user's lock: of several who found it one takes it back, and not if it was renewed meanwhile.
constexpr db::Sql still_expired_sql{
    "select 1 from jobs where message_id = $1 and attempt = $2 and user_id = $3 and state = 'running' and lease_until < now_us()",
    "select 1 from jobs where message_id = $1 and attempt = $2 and user_id = $3 and state = 'running' and lease_until < now_us() for "
    "update"};

constexpr db::Sql suspect_scan_sql = "select id from jobs where state = 'ready' and lost >= $1 limit 1";

// The call that the process was in, if it was, is not the provider's failure: it is not counted, nor is the
// time until somebody goes on.
constexpr db::Sql lose_sql = R"sql(
    update jobs set state = 'ready', ready_at = now_us(), lease_owner = null, lease_until = null, lost = lost + 1, calls = calls - 1,
        first_started_at = null
    where message_id = $1 and attempt = $2 and state = 'running' and user_id = $3
)sql";

constexpr db::Sql requeue_message_sql =
    "update messages set status = 'queued', provider_state = '' where id = $1 and attempt = $2 and status = 'streaming' and user_id = $3";

ReplyClaim read_claim(db::Row row)
{
    ReplyClaim claim;
    claim.user = row.id<UserId>(column::user_id);
    claim.room = row.id<RoomId>(column::room_id);
    claim.reply = row.id<MessageId>(column::message_id);
    claim.attempt = row.integer(column::attempt);
    claim.calls = row.integer(column::calls);
    claim.lost = row.integer(column::lost);
    claim.question = row.id<MessageId>(column::reply_to);
    claim.model = row.text(column::model);
    claim.request_id = row.optional_text(column::request_id).value_or("");
    claim.ended_calls = row.optional_text(column::ended_calls).value_or("");
    return claim;
}

asio::awaitable<LostReply> lose(db::Transaction& transaction, ReplyClaim claim, Time now)
{
    ++claim.lost;
    if (claim.lost >= losses_max) {
        ReplyEnd const end{.status = MessageStatus::failed, .error = worker_lost(), .model = claim.model};
        co_await finish_in(transaction, claim, end, now, Titles::leave);
        co_return LostReply{std::move(claim), true};
    }
    co_await transaction.run(lose_sql, claim.reply, claim.attempt, claim.user);
    co_await transaction.run(requeue_message_sql, claim.reply, claim.attempt, claim.user);
    co_await delete_parts(transaction, claim.user, claim.reply, claim.attempt);
    co_return LostReply{std::move(claim), false};
}

asio::awaitable<std::vector<LostReply>> lose_all(db::Transaction& transaction, db::Rows rows, Time now)
{
    std::vector<LostReply> lost;
    for (std::size_t index = 0; index < rows.size(); ++index) lost.push_back(co_await lose(transaction, read_claim(rows[index]), now));
    co_return lost;
}

// Each one alone, so that nobody waits for the locks of several users.
asio::awaitable<std::optional<LostReply>> expire_in(db::Transaction& transaction, ReplyClaim claim, Time now)
{
    bool const is_known = co_await touch_rooms(transaction, claim.user);
    if (!is_known) co_return std::nullopt;
    auto const still = co_await transaction.run(still_expired_sql, claim.reply, claim.attempt, claim.user);
    if (still.empty()) co_return std::nullopt;
    co_return co_await lose(transaction, std::move(claim), now);
}

asio::awaitable<std::vector<LostReply>> recover_in(db::Transaction& transaction, std::string owner, Time now)
{
    auto rows = co_await transaction.run(of_others_scan_sql, std::move(owner));
    co_return co_await lose_all(transaction, std::move(rows), now);
}

asio::awaitable<std::vector<LostReply>> let_go_in(db::Transaction& transaction, std::string owner, UserId user, MessageId reply, Time now)
{
    co_await touch_rooms(transaction, user);
    auto rows = co_await transaction.run(owned_sql, owner, reply, user);
    co_return co_await lose_all(transaction, std::move(rows), now);
}

asio::awaitable<int> promote_user(db::Transaction& transaction, UserId user)
{
    bool const is_known = co_await touch_rooms(transaction, user);
    co_return is_known ? co_await promote_jobs(transaction, user) : 0;
}

} // namespace

asio::awaitable<std::vector<KeptLease>> LeaseStore::renew(std::string owner)
{
    auto const rows = co_await database_.write(renew_scan_sql, std::move(owner), std::chrono::microseconds(lease_duration).count());
    std::vector<KeptLease> leases;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        leases.push_back({row.id<UserId>(kept_column::user_id), row.id<MessageId>(kept_column::message_id),
                          row.integer(kept_column::attempt), row.boolean(kept_column::stop_requested)});
    }
    co_return leases;
}

asio::awaitable<std::vector<LostReply>> LeaseStore::expire(Time now)
{
    auto const rows = co_await database_.read(expired_scan_sql);
    std::vector<LostReply> lost;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const claim = read_claim(rows[index]);
        auto taken = co_await database_.transact([claim, now](db::Transaction& transaction) { return expire_in(transaction, claim, now); });
        if (taken) lost.push_back(std::move(*taken));
    }
    co_return lost;
}

asio::awaitable<std::vector<LostReply>> LeaseStore::recover(std::string owner, Time now)
{
    return database_.transact(
        [owner = std::move(owner), now](db::Transaction& transaction) { return recover_in(transaction, owner, now); });
}

asio::awaitable<std::vector<LostReply>> LeaseStore::let_go(std::string owner, UserId user, MessageId reply, Time now)
{
    return database_.transact([owner = std::move(owner), user, reply, now](db::Transaction& transaction) {
        return let_go_in(transaction, owner, user, reply, now);
    });
}

asio::awaitable<bool> LeaseStore::has_suspect()
{
    auto const rows = co_await database_.read(suspect_scan_sql, suspect_from);
    co_return !rows.empty();
}

asio::awaitable<int> LeaseStore::promote_due()
{
    auto const users = co_await users_with_due_jobs(database_);
    int promoted = 0;
    for (auto user : users) {
        promoted += co_await database_.transact([user](db::Transaction& transaction) { return promote_user(transaction, user); });
    }
    co_return promoted;
}

} // namespace pollux::chat
