#include "billing/demo/demo_subscription.hpp"

#include "billing/demo/demo_prices.hpp"

#include <algorithm>

namespace pollux::billing::demo {
namespace {

namespace chrono = std::chrono;

std::optional<Time> end_of(DemoSubscription const& subscription)
{
    if (!subscription.ended_at) return subscription.cancel_at;
    return subscription.cancel_at ? std::min(*subscription.ended_at, *subscription.cancel_at) : subscription.ended_at;
}

int whole_months_between(Time from, Time to)
{
    chrono::year_month_day const first(chrono::floor<chrono::days>(from));
    chrono::year_month_day const last(chrono::floor<chrono::days>(to));
    auto const months = (last.year() / last.month()) - (first.year() / first.month());
    auto const count = static_cast<int>(months.count());
    return months_after(from, count) > to ? count - 1 : count;
}

struct Period {
    Time start;
    Time end;
};

Period period_at(DemoSubscription const& subscription, Time moment)
{
    if (subscription.trial_end && moment < *subscription.trial_end) return {subscription.created, *subscription.trial_end};
    auto const* price = find_price(subscription.price);
    int const months = price ? price->months : 1;
    int const passed = std::max(whole_months_between(subscription.anchor, moment), 0) / months;
    return {months_after(subscription.anchor, passed * months), months_after(subscription.anchor, (passed + 1) * months)};
}

} // namespace

Time months_after(Time start, int count)
{
    auto const day = chrono::floor<chrono::days>(start);
    chrono::year_month_day moved = chrono::year_month_day(day) + chrono::months(count);
    if (!moved.ok()) moved = moved.year() / moved.month() / chrono::last;
    return chrono::sys_days(moved) + (start - day);
}

DemoState state_at(DemoSubscription const& subscription, Time now)
{
    auto const end = end_of(subscription);
    bool const is_over = end && *end <= now;
    // What ended with a period belongs to that one, not to the next.
    auto const moment = is_over ? std::max(subscription.created, *end - chrono::microseconds(1)) : now;
    auto const period = period_at(subscription, moment);
    DemoState state{"active", period.start, period.end, std::nullopt};
    if (subscription.trial_end && now < *subscription.trial_end) state.status = "trialing";
    if (now < subscription.paid_at) state.status = "incomplete";
    if (is_over) {
        state.status = "canceled";
        state.ended_at = end;
    }
    return state;
}

void cancel_with_period(DemoSubscription& subscription, CancelBy by, Time now)
{
    subscription.cancel_at = state_at(subscription, now).period_end;
    subscription.cancels_at_period_end = by == CancelBy::flag;
}

void keep(DemoSubscription& subscription)
{
    subscription.cancel_at.reset();
    subscription.cancels_at_period_end = false;
}

bool change_price(DemoSubscription& subscription, std::string_view price, Time now)
{
    auto const state = state_at(subscription, now);
    if (state.is_over() || state.status == "incomplete" || subscription.cancel_at) return false;
    if (subscription.price == price) return true;
    subscription.price = price;
    if (state.status != "trialing") subscription.anchor = now;
    return true;
}

std::optional<Time> next_change(DemoSubscription const& subscription, Time now)
{
    auto const state = state_at(subscription, now);
    if (state.is_over()) return std::nullopt;
    auto next = state.period_end;
    if (auto const end = end_of(subscription)) next = std::min(next, *end);
    if (now < subscription.paid_at) next = std::min(next, subscription.paid_at);
    return next;
}

} // namespace pollux::billing::demo
