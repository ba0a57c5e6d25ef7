#include "billing/payments/identity_store.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql installation_sql = "select id from installation where only_one = 1";
constexpr db::Sql make_sql = "insert into installation (only_one, id) values (1, $1) on conflict (only_one) do nothing";

constexpr db::Sql account_sql = "select account from payment_keys where key_mac = $1";
constexpr db::Sql remember_sql = "insert into payment_keys (key_mac, account) values ($1, $2) on conflict (key_mac) do nothing";

constexpr db::Sql in_force_sql = "select mode, account from payments_in_force where only_one = 1";
namespace in_force_column {
enum : std::size_t { mode, account };
}

} // namespace

asio::awaitable<std::string> IdentityStore::installation()
{
    auto const rows = co_await database_.read(installation_sql);
    co_return rows.empty() ? std::string() : rows.front().only().text();
}

asio::awaitable<void> IdentityStore::make_installation(std::string id)
{
    co_await database_.write(make_sql, std::move(id));
}

asio::awaitable<std::optional<std::string>> IdentityStore::account_of_key(std::string key_mac)
{
    auto const rows = co_await database_.read(account_sql, std::move(key_mac));
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().only().text();
}

asio::awaitable<void> IdentityStore::remember_key(std::string key_mac, std::string account)
{
    co_await database_.write(remember_sql, std::move(key_mac), std::move(account));
}

asio::awaitable<PaymentScope> IdentityStore::in_force()
{
    auto const rows = co_await database_.read(in_force_sql);
    if (rows.empty()) co_return PaymentScope{};
    co_return PaymentScope{rows.front().text(in_force_column::mode), rows.front().text(in_force_column::account)};
}

} // namespace pollux::billing
