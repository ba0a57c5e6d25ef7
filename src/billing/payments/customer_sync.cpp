#include "billing/payments/customer_sync.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/payment_meter.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/reads.hpp"
#include "ops/log.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

void tell(std::vector<FetchedState::Alert> const& alerts, UserId user)
{
    for (auto const& [what, subscription, price] : alerts) {
        count_alert(what);
        ops::log(ops::Level::warning, "payment_alert",
                 {{"what", word_of(what)}, {"subscription", subscription}, {"price", price}, {"user_id", user.value}});
    }
}

template <class T>
CustomerSync::Outcome why_not(stripe::Fetched<T> const& fetched)
{
    if (!fetched.is_refused) return CustomerSync::Outcome::unknown;
    log_refusal({}, fetched.detail);
    return CustomerSync::Outcome::refused;
}

} // namespace

asio::awaitable<CustomerSync::Outcome> CustomerSync::sync(std::string customer, Steady::time_point deadline)
{
    auto const scope = co_await account_.scope(deadline);
    if (!scope) co_return Outcome::unknown;
    auto const number = co_await customers_.begin_fetch(customer, *scope);
    if (!number) co_return Outcome::nobody;
    co_return co_await fetch(*number, *scope, std::move(customer), deadline);
}

asio::awaitable<bool> CustomerSync::is_ours(stripe::Subscription subscription, Steady::time_point deadline)
{
    auto const scope = co_await account_.scope(deadline);
    if (!scope) co_return false;
    auto const user = co_await customers_.user_of(subscription.customer, *scope);
    if (!user) co_return false;
    StateBasis const basis{co_await installation_.id(), *user, co_await prices_.plan_of_price(*scope), grace_};
    bool const is_for_plan =
        std::ranges::any_of(subscription.items, [&](auto const& item) { return basis.plan_of_price.contains(item.price); });
    co_return is_for_plan && !is_foreign(subscription.owner, basis);
}

asio::awaitable<std::map<std::string, std::int64_t>> CustomerSync::ranks()
{
    std::map<std::string, std::int64_t> ranks;
    for (auto const& plan : co_await plans_.all()) ranks.emplace(plan.name, plan.rank);
    co_return ranks;
}

asio::awaitable<std::map<std::string, Time>> CustomerSync::unpaid_since(UserId user, PaymentScope scope)
{
    std::map<std::string, Time> since;
    for (auto const& row : co_await subscriptions_.of_user(user, std::move(scope))) {
        if (row.unpaid_since) since.emplace(row.id, *row.unpaid_since);
    }
    co_return since;
}

asio::awaitable<CustomerSync::Outcome> CustomerSync::fetch(FetchNumber number, PaymentScope scope, std::string customer,
                                                           Steady::time_point deadline)
{
    auto const subscriptions = co_await stripe::subscriptions_of(api_, customer, deadline);
    if (!subscriptions.value && !subscriptions.is_missing) co_return why_not(subscriptions);
    bool is_gone = false;
    if (!subscriptions.value || std::ranges::none_of(*subscriptions.value, stripe::is_live)) {
        auto const deleted = co_await stripe::is_customer_deleted(api_, customer, deadline);
        if (!deleted.value && !deleted.is_missing) co_return why_not(deleted);
        is_gone = deleted.value.value_or(true);
        if (!is_gone && !subscriptions.value) co_return Outcome::unknown; // Something else was missing.
    }
    failpoint("payment_fetched");
    bool is_new = false;
    if (is_gone) {
        is_new = co_await customers_.unlink(number, std::move(scope));
    } else {
        StateBasis basis{co_await installation_.id(), number.user, co_await prices_.plan_of_price(scope), grace_};
        bool const are_any_of_several = std::ranges::any_of(*subscriptions.value, [](auto const& one) { return one.items.size() > 1; });
        if (are_any_of_several) basis.rank_of_plan = co_await ranks();
        bool const is_any_unpaid = std::ranges::any_of(*subscriptions.value, [](auto const& one) { return one.status == "past_due"; });
        if (is_any_unpaid) basis.unpaid_since = co_await unpaid_since(number.user, scope);
        auto state = judge_subscriptions(*subscriptions.value, basis);
        tell(state.alerts, number.user);
        is_new = co_await customers_.write(number, std::move(scope), std::move(state));
    }
    if (!is_new) co_return Outcome::written;
    tiers_.has_changed();
    co_return Outcome::changed;
}

} // namespace pollux::billing
