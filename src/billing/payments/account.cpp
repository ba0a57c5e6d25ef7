#include "billing/payments/account.hpp"

#include "billing/payments/walk_store.hpp"
#include "billing/stripe/reads.hpp"
#include "billing/tiers.hpp"
#include "ops/log.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::billing {
namespace {

constexpr char const* demo_account = "demo";

// While they rested nobody looked at what happened at the provider.
asio::awaitable<int> put_in(db::Transaction& transaction, PaymentScope scope, bool has_walks)
{
    bool const is_new = co_await put_payments_in_force(transaction, scope);
    if (!is_new || !has_walks) co_return 0;
    co_await WalkStore::ask(transaction, std::move(scope), WalkReach::events);
    co_await tasks::enqueue(transaction, {.kind = reconcile_task});
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
    bool const has_walks = api_.mode() != stripe::Mode::demo; // There nothing happens unheard of.
    co_await database_.transact([scope, has_walks](db::Transaction& transaction) { return put_in(transaction, scope, has_walks); });
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

asio::awaitable<std::optional<PaymentScope>> PaymentAccount::scope_here()
{
    if (auto scope = known()) co_return scope;
    if (auto account = co_await remembered()) co_return PaymentScope{std::string(stripe::word_of(api_.mode())), std::move(*account)};
    auto in_force = co_await store_.in_force();
    if (in_force.mode.empty()) co_return std::nullopt;
    co_return in_force;
}

asio::awaitable<std::optional<std::string>> PaymentAccount::remembered()
{
    if (api_.mode() == stripe::Mode::demo) co_return demo_account;
    co_return co_await store_.account_of_key(key_mac_);
}

asio::awaitable<std::optional<std::string>> PaymentAccount::look_up(Steady::time_point deadline)
{
    if (auto known = co_await remembered()) co_return known;
    auto account = co_await stripe::account_of(api_, deadline);
    if (!account.value) ops::log(ops::Level::warning, "stripe_account_unknown", {{"detail", account.detail}});
    co_return std::move(account.value);
}

std::string text_of(PaymentScope const& scope)
{
    return scope.mode + ":" + scope.account;
}

} // namespace pollux::billing
