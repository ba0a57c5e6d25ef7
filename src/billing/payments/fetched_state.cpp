#include "billing/payments/fetched_state.hpp"

#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/entitling.hpp"

#include <algorithm>
#include <set>

namespace pollux::billing {
namespace {

// What it ranks as: the plan that the item's price buys; below all plans when none names it.
std::int64_t rank_of(stripe::SubscriptionItem const& item, StateBasis const& basis)
{
    auto const plan = basis.plan_of_price.find(item.price);
    if (plan == basis.plan_of_price.end()) return -1;
    auto const rank = basis.rank_of_plan.find(plan->second);
    return rank == basis.rank_of_plan.end() ? 0 : rank->second;
}

// Of several the one that buys the highest plan, and the first of those.
stripe::SubscriptionItem const* item_of(stripe::Subscription const& subscription, StateBasis const& basis)
{
    auto const& items = subscription.items;
    auto const best = std::ranges::max_element(items, {}, [&](auto const& item) { return rank_of(item, basis); });
    return best == items.end() ? nullptr : &*best;
}

// Who bought before, and never paid for it: then the next debit that is on its way entitles to nothing before it arrives. Else who lets one
// after another fail would have a plan for nothing. What took money since then is forgotten with.
bool was_let_down_before(stripe::Subscription const& bought, std::span<stripe::Subscription const> all)
{
    auto const is_earlier = [&](auto const& one) {
        return one.id != bought.id && one.created && bought.created && *one.created <= *bought.created;
    };
    std::optional<Time> let_down;
    std::optional<Time> paid;
    for (auto const& one : all) {
        if (!is_earlier(one) || !one.latest_invoice) continue;
        if (stripe::was_never_paid(one, *one.latest_invoice)) let_down = std::max(let_down, one.created);
        if (one.latest_invoice->status == "paid" && one.latest_invoice->took_money) paid = std::max(paid, one.created);
    }
    return let_down && (!paid || *paid <= *let_down);
}

bool is_first_payment_missing(stripe::Subscription const& subscription)
{
    auto const& invoice = subscription.latest_invoice;
    return invoice && invoice->status == "open" && invoice->reason == "subscription_create";
}

class Judge {
public:
    Judge(StateBasis const& basis, std::span<stripe::Subscription const> all) : basis_(basis), all_(all) {}

    void add(stripe::Subscription const& subscription)
    {
        // A page that ends while something is bought may name it twice.
        if (subscription.id.empty() || !seen_.insert(subscription.id).second) return;
        if (is_foreign(subscription.owner, basis_)) {
            if (stripe::is_live(subscription)) {
                auto const* item = item_of(subscription, basis_);
                state_.alerts.push_back({PaymentAlert::foreign_owner, subscription.id, item ? item->price : std::string()});
            }
            return;
        }
        auto const known = basis_.unpaid_since.find(subscription.id);
        auto const unpaid_since = known == basis_.unpaid_since.end() ? std::nullopt : std::optional(known->second);
        auto entitling = stripe::entitling(subscription, basis_.grace, unpaid_since);
        if (is_first_payment_missing(subscription) && was_let_down_before(subscription, all_)) entitling = {};
        auto row = row_of(subscription);
        row.grace_until = entitling.grace_end;
        row.unpaid_since = entitling.unpaid_since;
        if (entitling.doubt == stripe::Doubt::word_unknown) alert(PaymentAlert::unknown_status, row);
        if (entitling.doubt == stripe::Doubt::no_end) alert(PaymentAlert::no_period, row);
        if (entitling.until && row.plan.empty()) alert(PaymentAlert::unknown_price, row);
        if (entitling.until && !row.plan.empty()) {
            state_.paid.push_back({row.id, row.plan, end_of(*entitling.until, row.cancels_at), row.status});
        }
        if (stripe::is_live(subscription) && ++live_ == 2) alert(PaymentAlert::two_subscriptions, row);
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

    void alert(PaymentAlert what, SubscriptionRow& row)
    {
        state_.alerts.push_back({what, row.id, row.price});
        if (row.alert.empty()) row.alert = word_of(what);
    }

    StateBasis const& basis_;
    std::span<stripe::Subscription const> all_;
    FetchedState state_;
    std::set<std::string> seen_;
    int live_ = 0;
};

} // namespace

std::string_view word_of(PaymentAlert alert)
{
    switch (alert) {
    case PaymentAlert::unknown_price: return "unknown_price";
    case PaymentAlert::unknown_status: return "unknown_status";
    case PaymentAlert::no_period: return "no_period";
    case PaymentAlert::two_subscriptions: return "two_subscriptions";
    case PaymentAlert::foreign_owner: return "foreign_owner";
    }
    return {};
}

bool is_foreign(stripe::Owner const& owner, StateBasis const& basis)
{
    bool const is_elsewhere = !owner.installation.empty() && owner.installation != basis.installation;
    bool const is_another = !owner.user.empty() && owner.user != std::to_string(basis.user.value);
    return is_elsewhere || is_another;
}

FetchedState judge_subscriptions(std::span<stripe::Subscription const> subscriptions, StateBasis const& basis)
{
    Judge judge(basis, subscriptions);
    for (auto const& subscription : subscriptions) judge.add(subscription);
    return std::move(judge).state();
}

} // namespace pollux::billing
