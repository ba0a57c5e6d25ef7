#include "accounts/session_store.hpp"

#include "base/secrets.hpp"
#include "db/columns.hpp"

namespace pollux::accounts {
namespace {

constexpr std::chrono::seconds repeat_window{60}; // Clients wait up to 30 s for an answer, and ask again after it.
constexpr std::int64_t first_counter = 1;
constexpr std::size_t seed_bytes = 16;

constexpr db::Sql open_sql = R"sql(
    insert into sessions (user_id, seed, counter, created_at, rotated_at, login_method, ip, user_agent)
    values ($1, $2, $3, $4, $4, $5, $6, $7) returning id
)sql";

constexpr db::Sql exists_sql = "select 1 from sessions where id = $1 and user_id = $2";
constexpr db::Sql seed_sql = "select seed from sessions where id = $1 and user_id = $2";

constexpr db::Sql rotate_sql = R"sql(
    update sessions set counter = counter + 1, rotated_at = $4, ip = $7, user_agent = $8
    where id = $1 and user_id = $2 and counter = $3 and ended_at is null and created_at > $5 and rotated_at > $6
    returning counter
)sql";

#define POLLUX_STATE_COLUMNS "counter, rotated_at, created_at, ended_at"
namespace state_column {
enum : std::size_t { counter, rotated_at, created_at, ended_at, count };
}
static_assert(db::columns_in(POLLUX_STATE_COLUMNS) == state_column::count);

constexpr db::Sql look_sql = "select " POLLUX_STATE_COLUMNS " from sessions where id = $1 and user_id = $2";

#define POLLUX_LISTED_COLUMNS "id, created_at, rotated_at, ip, user_agent"
namespace listed_column {
enum : std::size_t { id, created_at, rotated_at, ip, user_agent, count };
}
static_assert(db::columns_in(POLLUX_LISTED_COLUMNS) == listed_column::count);

constexpr db::Sql list_sql = "select " POLLUX_LISTED_COLUMNS R"sql( from sessions
    where user_id = $1 and id < $2 and ended_at is null and created_at > $3 and rotated_at > $4
    order by id desc limit $5
)sql";

constexpr db::Sql confirmed_sql = "select confirmed_until from sessions where id = $1 and user_id = $2 and ended_at is null";
constexpr db::Sql confirm_sql = "update sessions set confirmed_until = $3 where id = $1 and user_id = $2 and ended_at is null";

constexpr db::Sql end_sql = "update sessions set ended_at = $3 where id = $1 and user_id = $2 and ended_at is null";
constexpr db::Sql end_all_sql = "update sessions set ended_at = $3 where user_id = $1 and id <> $2 and ended_at is null returning id";

// What was ended just now is known by its time; what another unit ended in the same microsecond stands there already.
constexpr db::Sql tell_ends_sql = R"sql(
    insert into ended_sessions (session_id, user_id, ended_at)
    select id, user_id, ended_at from sessions where user_id = $1 and ended_at = $2
    on conflict (user_id, session_id) do nothing
)sql";

constexpr db::Sql erase_sql = "delete from sessions where user_id = $1";
constexpr db::Sql erase_old_scan_sql = R"sql(
    delete from sessions where (user_id, id) in
        (select user_id, id from sessions where created_at < $1 order by created_at limit $2)
)sql";
constexpr db::Sql erase_old_ends_scan_sql = R"sql(
    delete from ended_sessions where (user_id, session_id) in
        (select user_id, session_id from ended_sessions where ended_at < $1 order by ended_at limit $2)
)sql";

std::string_view word_of(LoginMethod method)
{
    switch (method) {
    case LoginMethod::code: return "code";
    case LoginMethod::password: return "password";
    case LoginMethod::link: return "link";
    }
    return "";
}

} // namespace

asio::awaitable<OpenedSession> SessionStore::open(db::Transaction& transaction, UserId user, LoginMethod method, Device device, Time now)
{
    OpenedSession session{.user = user, .id = {}, .counter = first_counter, .seed = to_hex(random_bytes(seed_bytes))};
    auto const rows =
        co_await transaction.run(open_sql, user, session.seed, first_counter, now, word_of(method), device.ip, device.user_agent);
    session.id = rows.front().only().id<SessionId>();
    co_return session;
}

asio::awaitable<bool> SessionStore::exists(db::Transaction& transaction, UserId user, SessionId session)
{
    auto const rows = co_await transaction.run(exists_sql, session, user);
    co_return !rows.empty();
}

asio::awaitable<std::optional<std::string>> SessionStore::seed(UserId user, SessionId session)
{
    auto const rows = co_await database_.read(seed_sql, session, user);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().text();
}

asio::awaitable<RotationOutcome> SessionStore::rotate(RefreshToken token, Device device, Time now)
{
    co_return co_await database_.transact(
        [this, token, device, now](db::Transaction& transaction) { return rotate_unit(transaction, token, device, now); });
}

asio::awaitable<RotationOutcome> SessionStore::rotate_unit(db::Transaction& transaction, RefreshToken token, Device device, Time now)
{
    auto const created_after = now - life_.lifetime_max;
    auto const rotated_after = now - life_.idle_max;
    auto const rotated = co_await transaction.run(rotate_sql, token.session, token.user, token.counter, now, created_after, rotated_after,
                                                  device.ip, device.user_agent);
    if (!rotated.empty()) co_return RotationOutcome{Rotation::rotated, rotated.front().only().integer()};

    // It was not the newest token of a living session: see what it was. Of several at once one has risen the counter by now.
    auto const rows = co_await transaction.run(look_sql, token.session, token.user);
    if (rows.empty()) co_return RotationOutcome{Rotation::unknown};
    auto const row = rows.front();
    auto const counter = row.integer(state_column::counter);
    auto const rotated_at = row.time(state_column::rotated_at);
    if (!row.is_null(state_column::ended_at)) co_return RotationOutcome{Rotation::ended};
    if (row.time(state_column::created_at) <= created_after || rotated_at <= rotated_after) co_return RotationOutcome{Rotation::expired};
    if (token.counter >= counter) co_return RotationOutcome{Rotation::unknown};
    if (token.counter == counter - 1 && now - rotated_at < repeat_window) co_return RotationOutcome{Rotation::repeated, counter};
    co_await end(transaction, token.user, token.session, now);
    co_return RotationOutcome{Rotation::reused};
}

asio::awaitable<std::vector<SessionView>> SessionStore::list(UserId user, SessionId before, int count_max, Time now)
{
    auto const rows = co_await database_.read(list_sql, user, before, now - life_.lifetime_max, now - life_.idle_max, count_max);
    std::vector<SessionView> sessions;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        sessions.push_back({row.id<SessionId>(listed_column::id), row.time(listed_column::created_at), row.time(listed_column::rotated_at),
                            row.text(listed_column::ip), row.text(listed_column::user_agent), false});
    }
    co_return sessions;
}

asio::awaitable<std::optional<Time>> SessionStore::confirmed_until(UserId user, SessionId session)
{
    auto const rows = co_await database_.read(confirmed_sql, session, user);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().optional_time();
}

asio::awaitable<bool> SessionStore::confirm(db::Transaction& transaction, UserId user, SessionId session, Time until)
{
    auto const rows = co_await transaction.run(confirm_sql, session, user, until);
    co_return rows.changed() == 1;
}

asio::awaitable<bool> SessionStore::end(db::Transaction& transaction, UserId user, SessionId session, Time now)
{
    auto const rows = co_await transaction.run(end_sql, session, user, now);
    if (rows.changed() == 0) co_return false;
    co_await transaction.run(tell_ends_sql, user, now);
    co_return true;
}

asio::awaitable<std::vector<SessionId>> SessionStore::end_all(db::Transaction& transaction, UserId user, std::optional<SessionId> except,
                                                              Time now)
{
    auto const rows = co_await transaction.run(end_all_sql, user, except.value_or(SessionId{}), now);
    std::vector<SessionId> ended;
    for (std::size_t index = 0; index < rows.size(); ++index) ended.push_back(rows[index].only().id<SessionId>());
    if (!ended.empty()) co_await transaction.run(tell_ends_sql, user, now);
    co_return ended;
}

asio::awaitable<void> SessionStore::erase(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_sql, user);
}

asio::awaitable<std::int64_t> SessionStore::erase_old(Time created_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_scan_sql, created_before, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> SessionStore::erase_old_ends(Time ended_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_ends_scan_sql, ended_before, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
