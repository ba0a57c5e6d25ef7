#include "billing/payments/account.hpp"

#include "billing/stripe/reads.hpp"
#include "billing/tiers.hpp"
#include "ops/log.hpp"

namespace pollux::billing {
namespace {

constexpr char const* demo_account = "demo";

asio::awaitable<int> put_in(db::Transaction& transaction, PaymentScope scope)
{
    co_await put_payments_in_force(transaction, std::move(scope));
    co_return 0;
}

} // namespace

asio::awaitable<std::optional<PaymentScope>> PaymentAccount::scope(Steady::time_point deadline)
{
    if (auto scope = known()) co_return scope;
    auto account = co_await look_up(deadline);
    if (!account) co_return std::nullopt;
    PaymentScope const scope{std::string(stripe::word_of(api_.mode())), std::move(*account)};
    if (!key_mac_.empty()) co_await store_.remember_key(key_mac_, scope.account);
    std::scoped_lock const lock(mutex_);
    known_ = scope;
    co_return scope;
}

asio::awaitable<void> PaymentAccount::put_in_force(PaymentScope scope)
{
    co_await database_.transact([scope](db::Transaction& transaction) { return put_in(transaction, scope); });
}

asio::awaitable<bool> PaymentAccount::is_in_force(PaymentScope scope)
{
    auto const in_force = co_await store_.in_force();
    co_return text_of(in_force) == text_of(scope);
}

std::optional<PaymentScope> PaymentAccount::known() const
{
    std::scoped_lock const lock(mutex_);
    return known_;
}

asio::awaitable<std::optional<std::string>> PaymentAccount::look_up(Steady::time_point deadline)
{
    if (api_.mode() == stripe::Mode::demo) co_return demo_account;
    if (auto known = co_await store_.account_of_key(key_mac_)) co_return known;
    auto account = co_await stripe::account_of(api_, deadline);
    if (!account.value) ops::log(ops::Level::warning, "stripe_account_unknown", {{"detail", account.detail}});
    co_return std::move(account.value);
}

std::string text_of(PaymentScope const& scope)
{
    return scope.mode + ":" + scope.account;
}

} // namespace pollux::billing
