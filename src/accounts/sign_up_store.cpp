#include "accounts/sign_up_store.hpp"

#include "db/columns.hpp"

namespace pollux::accounts {
namespace {

constexpr db::Sql add_sql = R"sql(
    insert into sign_ups (user_id, token_hash, prefix_key, name, email, password_hash, created_at) values ($1, $2, $3, $4, $5, $6, $7)
)sql";

constexpr db::Sql crop_network_sql = R"sql(
    delete from sign_ups where user_id = $1 and prefix_key = $2 and token_hash <> $3 and token_hash not in
        (select token_hash from sign_ups where user_id = $1 and prefix_key = $2 and token_hash <> $3
         order by created_at desc, token_hash limit $4)
)sql";

constexpr db::Sql crop_sql = R"sql(
    delete from sign_ups where user_id = $1 and token_hash <> $2 and token_hash not in
        (select token_hash from sign_ups where user_id = $1 and token_hash <> $2 order by created_at desc, token_hash limit $3)
)sql";

#define POLLUX_PASSWORD_COLUMNS "token_hash, password_hash"
namespace password_column {
enum : std::size_t { token_hash, password_hash, count };
}
static_assert(db::columns_in(POLLUX_PASSWORD_COLUMNS) == password_column::count);

constexpr db::Sql passwords_sql = "select " POLLUX_PASSWORD_COLUMNS R"sql( from sign_ups
    where user_id = $1 and password_hash is not null order by created_at desc, token_hash
)sql";

#define POLLUX_TAKEN_COLUMNS "name, email, password_hash"
namespace column {
enum : std::size_t { name, email, password_hash, count };
}
static_assert(db::columns_in(POLLUX_TAKEN_COLUMNS) == column::count);

constexpr db::Sql take_sql = "delete from sign_ups where user_id = $1 and token_hash = $2 returning " POLLUX_TAKEN_COLUMNS;
constexpr db::Sql erase_sql = "delete from sign_ups where user_id = $1";
constexpr db::Sql erase_old_scan_sql = R"sql(
    delete from sign_ups where (user_id, token_hash) in
        (select user_id, token_hash from sign_ups where created_at < $1 order by created_at limit $2)
)sql";

} // namespace

asio::awaitable<void> SignUpStore::add(db::Transaction& transaction, NewSignUp sign_up)
{
    co_await transaction.run(add_sql, sign_up.user, sign_up.token_hash, sign_up.prefix_key, sign_up.name, sign_up.email,
                             sign_up.password_hash, sign_up.now);
    co_await transaction.run(crop_network_sql, sign_up.user, sign_up.prefix_key, sign_up.token_hash, sign_ups_per_network_max - 1);
    co_await transaction.run(crop_sql, sign_up.user, sign_up.token_hash, sign_ups_max - 1);
}

asio::awaitable<std::vector<SignUpPassword>> SignUpStore::passwords(UserId user)
{
    auto const rows = co_await database_.read(passwords_sql, user);
    std::vector<SignUpPassword> passwords;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        passwords.push_back({row.text(password_column::token_hash), row.text(password_column::password_hash)});
    }
    co_return passwords;
}

asio::awaitable<std::optional<SignUpData>> SignUpStore::take(db::Transaction& transaction, UserId user, std::string token_hash)
{
    auto const rows = co_await transaction.run(take_sql, user, token_hash);
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    co_return SignUpData{row.optional_text(column::name), row.optional_text(column::email), row.optional_text(column::password_hash)};
}

asio::awaitable<void> SignUpStore::erase(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_sql, user);
}

asio::awaitable<std::int64_t> SignUpStore::erase_old(Time created_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_scan_sql, created_before, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
