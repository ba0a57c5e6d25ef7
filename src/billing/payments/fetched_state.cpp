#include "billing/payments/fetched_state.hpp"

#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/entitling.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

// The first item whose price a plan names; else the first.
stripe::SubscriptionItem const* item_of(stripe::Subscription const& subscription, StateBasis const& basis)
{
    auto const& items = subscription.items;
    auto const found = std::ranges::find_if(items, [&](auto const& item) { return basis.plan_of_price.contains(item.price); });
    if (found != items.end()) return &*found;
    return items.empty() ? nullptr : &items.front();
}

class Judge {
public:
    explicit Judge(StateBasis const& basis) : basis_(basis) {}

    void add(stripe::Subscription const& subscription)
    {
        if (is_foreign(subscription.owner, basis_)) {
            if (stripe::is_live(subscription)) alert(PaymentAlert::foreign_owner, subscription);
            return;
        }
        auto const entitling = stripe::entitling(subscription, basis_.grace);
        auto row = row_of(subscription);
        row.grace_until = entitling.grace_end;
        if (entitling.doubt == stripe::Doubt::word_unknown) alert(PaymentAlert::unknown_status, subscription);
        if (entitling.doubt == stripe::Doubt::no_end) alert(PaymentAlert::no_period, subscription);
        if (entitling.until && row.plan.empty()) alert(PaymentAlert::unknown_price, subscription);
        if (entitling.until && !row.plan.empty()) {
            state_.paid.push_back({row.id, row.plan, end_of(*entitling.until, row.cancels_at), row.status});
        }
        if (stripe::is_live(subscription) && ++live_ == 2) alert(PaymentAlert::two_subscriptions, subscription);
        state_.rows.push_back(std::move(row));
    }

    FetchedState state() && { return std::move(state_); }

private:
    SubscriptionRow row_of(stripe::Subscription const& subscription) const
    {
        SubscriptionRow row;
        row.id = subscription.id;
        row.status = subscription.status;
        if (auto const* item = item_of(subscription, basis_)) {
            row.price = item->price;
            auto const plan = basis_.plan_of_price.find(item->price);
            if (plan != basis_.plan_of_price.end()) row.plan = plan->second;
        }
        row.period_end = subscription.period_end();
        row.cancels_at = stripe::cancels_at(subscription);
        row.created = subscription.created;
        return row;
    }

    // Who cancelled has no renewal to wait for.
    static Time end_of(Time until, std::optional<Time> cancels_at) { return cancels_at ? std::min(until, *cancels_at) : until; }

    void alert(PaymentAlert what, stripe::Subscription const& subscription)
    {
        auto const* item = item_of(subscription, basis_);
        state_.alerts.push_back({what, subscription.id, item ? item->price : std::string()});
    }

    StateBasis const& basis_;
    FetchedState state_;
    int live_ = 0;
};

} // namespace

bool is_foreign(stripe::Owner const& owner, StateBasis const& basis)
{
    bool const is_elsewhere = !owner.installation.empty() && owner.installation != basis.installation;
    bool const is_another = !owner.user.empty() && owner.user != std::to_string(basis.user.value);
    return is_elsewhere || is_another;
}

FetchedState judge_subscriptions(std::span<stripe::Subscription const> subscriptions, StateBasis const& basis)
{
    Judge judge(basis);
    for (auto const& subscription : subscriptions) judge.add(subscription);
    return std::move(judge).state();
}

} // namespace pollux::billing
