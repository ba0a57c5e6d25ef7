#include "accounts/link_store.hpp"

namespace pollux::accounts {
namespace {

constexpr db::Sql add_sql = "insert into login_links (user_id, token_hash, expires_at) values ($1, $2, $3)";
constexpr db::Sql use_sql = "delete from login_links where user_id = $1 and token_hash = $2 and expires_at > $3";
constexpr db::Sql erase_sql = "delete from login_links where user_id = $1";
constexpr db::Sql erase_old_scan_sql = R"sql(
    delete from login_links where (user_id, token_hash) in
        (select user_id, token_hash from login_links where expires_at < $1 order by expires_at limit $2)
)sql";

} // namespace

asio::awaitable<void> LinkStore::add(db::Transaction& transaction, UserId user, std::string token_hash, Time expires_at)
{
    co_await transaction.run(add_sql, user, token_hash, expires_at);
}

asio::awaitable<bool> LinkStore::use(db::Transaction& transaction, UserId user, std::string token_hash, Time now)
{
    auto const rows = co_await transaction.run(use_sql, user, token_hash, now);
    if (rows.changed() == 0) co_return false;
    co_await erase(transaction, user);
    co_return true;
}

asio::awaitable<void> LinkStore::erase(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_sql, user);
}

asio::awaitable<std::int64_t> LinkStore::erase_old(Time expired_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_scan_sql, expired_before, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
