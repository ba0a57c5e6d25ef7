#include "accounts/user_store.hpp"

#include "db/columns.hpp"

namespace pollux::accounts {
namespace {

#define POLLUX_USER_COLUMNS "id, mobile, name, email, tier, is_verified, is_admin, date_joined, custom_instructions"
#define POLLUX_ACCOUNT_COLUMNS POLLUX_USER_COLUMNS ", password_hash, pending_password_hash"
namespace column {
enum : std::size_t {
    id,
    mobile,
    name,
    email,
    tier,
    is_verified,
    is_admin,
    date_joined,
    custom_instructions,
    user_count,
    password_hash = user_count,
    pending_password_hash,
    count
};
}
static_assert(db::columns_in(POLLUX_USER_COLUMNS) == column::user_count);
static_assert(db::columns_in(POLLUX_ACCOUNT_COLUMNS) == column::count);

// The pending password is for older binaries, which know no table of sign-ups; name and e-mail of an unverified user are theirs.
constexpr db::Sql sign_up_sql = R"sql(
    insert into users (mobile, pending_password_hash, date_joined) values ($1, $2, $3)
    on conflict (mobile) do update set name = null, email = null,
        pending_password_hash = excluded.pending_password_hash, date_joined = excluded.date_joined
    where users.is_verified = 0
    returning )sql" POLLUX_USER_COLUMNS;

constexpr db::Sql make_admin_sql = R"sql(
    insert into users (mobile, password_hash, is_verified, is_admin, date_joined) values ($1, $2, 1, 1, $3)
    on conflict (mobile) do update set is_verified = 1, is_admin = 1, pending_password_hash = null,
        name = case when users.is_verified = 1 then users.name end, email = case when users.is_verified = 1 then users.email end,
        password_hash = coalesce(excluded.password_hash, users.password_hash)
    returning )sql" POLLUX_USER_COLUMNS;

// A session that is opened by this password waits for its change, or the change for the session, which it then ends.
constexpr db::Sql with_password_sql{"select " POLLUX_USER_COLUMNS " from users where id = $1 and password_hash = $2",
                                    "select " POLLUX_USER_COLUMNS " from users where id = $1 and password_hash = $2 for no key update"};

// In a unit that is to write rows of this user: they are not erased meanwhile.
constexpr db::Sql user_of_id_sql{"select " POLLUX_USER_COLUMNS " from users where id = $1",
                                 "select " POLLUX_USER_COLUMNS " from users where id = $1 for key share"};
constexpr db::Sql user_of_mobile_sql{"select " POLLUX_USER_COLUMNS " from users where mobile = $1",
                                     "select " POLLUX_USER_COLUMNS " from users where mobile = $1 for key share"};

// The first statement of an erasure: what others have begun for this user is over, and nothing is begun any more.
constexpr db::Sql lock_sql{"select id from users where id = $1", "select id from users where id = $1 for update"};

constexpr db::Sql by_mobile_sql = "select " POLLUX_ACCOUNT_COLUMNS " from users where mobile = $1";
constexpr db::Sql by_id_sql = "select " POLLUX_ACCOUNT_COLUMNS " from users where id = $1 and mobile not like 'gone:%'";

#define POLLUX_BRIEF_COLUMNS "tier, custom_instructions"
namespace brief_column {
enum : std::size_t { tier, custom_instructions, count };
}
static_assert(db::columns_in(POLLUX_BRIEF_COLUMNS) == brief_column::count);

constexpr db::Sql brief_sql = "select " POLLUX_BRIEF_COLUMNS " from users where id = $1 and mobile not like 'gone:%'";

constexpr db::Sql change_profile_sql = R"sql(
    update users set name = case when $2 = 1 then $3 else name end, email = case when $4 = 1 then $5 else email end,
        custom_instructions = coalesce($6, custom_instructions)
    where id = $1 and mobile not like 'gone:%' returning )sql" POLLUX_USER_COLUMNS;

// What stands in the row of a user who was never verified is some sign-up's: it stays only if that was theirs.
constexpr db::Sql verify_sql = R"sql(
    update users set is_verified = 1,
        name = case when is_verified = 1 or pending_password_hash = $3 then coalesce(name, $4) else $4 end,
        email = case when is_verified = 1 or pending_password_hash = $3 then coalesce(email, $5) else $5 end,
        password_hash = coalesce($2, case when pending_password_hash = $3 then pending_password_hash end, password_hash),
        pending_password_hash = null
    where mobile = $1 returning )sql" POLLUX_USER_COLUMNS;

constexpr db::Sql claim_admin_scan_sql = R"sql(
    insert into admin_claims (mobile_key, claimed_at)
    select cast($1 as text), cast($2 as bigint) where not exists (select 1 from users where is_admin = 1)
    on conflict (mobile_key) do nothing
)sql";
constexpr db::Sql promote_sql = "update users set is_admin = 1 where id = $1";

constexpr db::Sql change_password_sql =
    "update users set password_hash = $3, pending_password_hash = null where id = $1 and password_hash = $2";
constexpr db::Sql reset_password_sql = R"sql(
    update users set password_hash = $2, pending_password_hash = null, is_verified = 1,
        name = case when is_verified = 1 then name end, email = case when is_verified = 1 then email end
    where id = $1
)sql";

// Nobody's number is like this, no plan has this name, and an unverified user would be cleaned up before their rooms are.
constexpr db::Sql let_go_sql = R"sql(
    update users set mobile = 'gone:' || id, name = null, email = null, password_hash = null, pending_password_hash = null,
        custom_instructions = '', tier = 'gone', tier_until = null, is_admin = 0, is_verified = 1
    where id = $1
)sql";
constexpr db::Sql erase_sql = "delete from users where id = $1 and mobile like 'gone:%'";

// An unverified user has never had a session: no other table than the sign-ups has rows of theirs, and those go with them.
constexpr db::Sql erase_unverified_scan_sql = R"sql(
    delete from users where is_verified = 0 and id in
        (select id from users where is_verified = 0 and date_joined < $1 order by date_joined limit $2)
)sql";

User read_user(db::Row row)
{
    return {.id = row.id<UserId>(column::id),
            .mobile = row.text(column::mobile),
            .name = row.optional_text(column::name),
            .email = row.optional_text(column::email),
            .tier = row.text(column::tier),
            .is_verified = row.boolean(column::is_verified),
            .is_admin = row.boolean(column::is_admin),
            .date_joined = row.time(column::date_joined),
            .custom_instructions = row.text(column::custom_instructions)};
}

std::optional<User> first_user(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    return read_user(rows.front());
}

std::optional<Account> first_account(db::Rows const& rows)
{
    if (rows.empty()) return std::nullopt;
    auto const row = rows.front();
    return Account{read_user(row), row.optional_text(column::password_hash), row.optional_text(column::pending_password_hash)};
}

} // namespace

asio::awaitable<std::optional<User>> UserStore::sign_up(db::Transaction& transaction, NewUser user)
{
    auto const rows = co_await transaction.run(sign_up_sql, user.mobile, user.password_hash, user.now);
    co_return first_user(rows);
}

asio::awaitable<User> UserStore::make_admin(db::Transaction& transaction, std::string mobile, std::optional<std::string> password_hash,
                                            Time now)
{
    auto const rows = co_await transaction.run(make_admin_sql, mobile, password_hash, now);
    co_return read_user(rows.front());
}

asio::awaitable<std::optional<Account>> UserStore::by_mobile(std::string mobile)
{
    auto const rows = co_await database_.read(by_mobile_sql, mobile);
    co_return first_account(rows);
}

asio::awaitable<std::optional<Account>> UserStore::by_id(UserId user)
{
    auto const rows = co_await database_.read(by_id_sql, user);
    co_return first_account(rows);
}

asio::awaitable<std::optional<UserBrief>> UserStore::brief(UserId user)
{
    auto const rows = co_await database_.read(brief_sql, user);
    if (rows.empty()) co_return std::nullopt;
    co_return UserBrief{rows.front().text(brief_column::tier), rows.front().text(brief_column::custom_instructions)};
}

asio::awaitable<std::optional<User>> UserStore::change_profile(UserId user, ProfileChange change)
{
    bool const sets_name = change.name_change == FieldChange::set;
    bool const sets_email = change.email_change == FieldChange::set;
    auto const rows =
        co_await database_.write(change_profile_sql, user, sets_name, change.name, sets_email, change.email, change.custom_instructions);
    co_return first_user(rows);
}

asio::awaitable<std::optional<User>> UserStore::user_of_mobile(db::Transaction& transaction, std::string mobile)
{
    auto const rows = co_await transaction.run(user_of_mobile_sql, mobile);
    co_return first_user(rows);
}

asio::awaitable<std::optional<User>> UserStore::user_of_id(db::Transaction& transaction, UserId user)
{
    auto const rows = co_await transaction.run(user_of_id_sql, user);
    co_return first_user(rows);
}

asio::awaitable<std::optional<User>> UserStore::verify(db::Transaction& transaction, std::string mobile, SignUpData proven,
                                                       std::optional<std::string> older_hash)
{
    auto const rows = co_await transaction.run(verify_sql, mobile, proven.password_hash, older_hash, proven.name, proven.email);
    co_return first_user(rows);
}

asio::awaitable<bool> UserStore::claim_admin(db::Transaction& transaction, UserId user, std::string mobile_key, Time now)
{
    auto const claimed = co_await transaction.run(claim_admin_scan_sql, mobile_key, now);
    if (claimed.changed() == 0) co_return false;
    co_await transaction.run(promote_sql, user);
    co_return true;
}

asio::awaitable<std::optional<User>> UserStore::with_password(db::Transaction& transaction, UserId user, std::string hash)
{
    auto const rows = co_await transaction.run(with_password_sql, user, hash);
    co_return first_user(rows);
}

asio::awaitable<bool> UserStore::change_password(db::Transaction& transaction, UserId user, std::string old_hash, std::string new_hash)
{
    auto const rows = co_await transaction.run(change_password_sql, user, old_hash, new_hash);
    co_return rows.changed() == 1;
}

asio::awaitable<void> UserStore::reset_password(db::Transaction& transaction, UserId user, std::string new_hash)
{
    co_await transaction.run(reset_password_sql, user, new_hash);
}

asio::awaitable<void> UserStore::lock(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(lock_sql, user);
}

asio::awaitable<void> UserStore::let_go(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(let_go_sql, user);
}

asio::awaitable<void> UserStore::erase(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_sql, user);
}

asio::awaitable<std::int64_t> UserStore::erase_unverified(Time before, int count_max)
{
    auto const rows = co_await database_.write(erase_unverified_scan_sql, before, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
