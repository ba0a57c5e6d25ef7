#include "billing/payments/payments_service.hpp"

#include "base/failpoint.hpp"
#include "base/secrets.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/stripe/changes.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/entitling.hpp"
#include "billing/stripe/reads.hpp"

#include <algorithm>
#include <span>

namespace pollux::billing {
namespace {

using stripe::Changed;

constexpr limits::RateRule look_ups{10, std::chrono::seconds(60)}; // Of a user.
constexpr char const* done_path = "/subscription/done/";

Error not_subscribed()
{
    return {ErrorKind::not_found, "not_subscribed", "There is no subscription; POST /subscription/checkout/ begins one."};
}

// An end that was set for later, as of a fixed term, is no cancellation.
bool ends_with_period(stripe::Subscription const& subscription)
{
    auto const ends = stripe::cancels_at(subscription);
    auto const period_end = subscription.period_end();
    return ends && (!period_end || *ends <= *period_end);
}

// Of those that live and are the user's the best: for a plan of ours before others, and with what is wanted before those without. Null:
// none.
stripe::Subscription const* pick(std::span<stripe::Subscription const> subscriptions, StateBasis const& basis,
                                 PaymentsService::Wanted wanted)
{
    stripe::Subscription const* best = nullptr;
    int best_points = -1;
    for (auto const& one : subscriptions) {
        if (!stripe::is_live(one) || is_foreign(one.owner, basis)) continue;
        bool const is_for_plan = std::ranges::any_of(one.items, [&](auto const& item) { return basis.plan_of_price.contains(item.price); });
        bool const is_wanted = stripe::cancels_at(one).has_value() == (wanted == PaymentsService::Wanted::ends);
        int const points = (is_for_plan ? 2 : 0) + (is_wanted ? 1 : 0);
        if (points > best_points) best = &one;
        best_points = std::max(best_points, points);
    }
    return best;
}

} // namespace

PaymentsService::PaymentsService(Parts parts, PaymentsOptions options)
    : parts_(parts), options_(std::move(options)), customers_(parts.database), subscriptions_(parts.database), checkouts_(parts.database),
      prices_(parts.database)
{}

asio::awaitable<Result<OpenCheckout>> PaymentsService::buy(UserId user, Purchase purchase, Steady::time_point deadline)
{
    auto const key = purchase.key;
    if (!key) co_return co_await open_checkout(user, std::move(purchase), deadline);
    auto const repeated = co_await is_repeated(user, *key);
    if (!repeated) co_return repeated.error();
    auto opened = co_await open_checkout(user, std::move(purchase), deadline);
    if (!opened || *repeated) co_return opened; // A refusal leaves no row.
    auto const kept = co_await keep(user, *key);
    if (!kept) co_return kept.error();
    co_return opened;
}

asio::awaitable<Result<bool>> PaymentsService::is_repeated(UserId user, idempotency::Key key)
{
    auto const now = parts_.clock.now();
    auto const found = co_await parts_.database.transact(
        [user, key, now](db::Transaction& transaction) { return idempotency::find_effect(transaction, user, key, now); });
    if (!found) co_return found.error();
    co_return found->has_value();
}

// Behind the effect, which is at the provider: who dies between the two leaves a key that is as good as new, and its repetition finds the
// session that is open.
asio::awaitable<Result<void>> PaymentsService::keep(UserId user, idempotency::Key key)
{
    auto const now = parts_.clock.now();
    return parts_.database.transact(
        [user, key, now](db::Transaction& transaction) { return idempotency::keep_effect(transaction, user, key, {}, now); });
}

asio::awaitable<Result<OpenCheckout>> PaymentsService::open_checkout(UserId user, Purchase purchase, Steady::time_point deadline)
{
    auto back = options_.return_urls.public_url + done_path;
    if (purchase.return_url) {
        auto const checked = check_return_url(options_.return_urls, *purchase.return_url);
        if (!checked) co_return checked.error();
        back = std::move(*purchase.return_url);
    }
    CheckoutWish wish{user, std::move(purchase.plan), std::move(purchase.price), with_parameter(back, "session_id={CHECKOUT_SESSION_ID}"),
                      back};
    co_return co_await parts_.checkout.open(std::move(wish), deadline);
}

asio::awaitable<Result<SubscriptionStatus>> PaymentsService::status(UserId user, std::optional<std::string> session,
                                                                    Steady::time_point deadline)
{
    // Who does not come back from paying waits for nobody.
    auto scope = co_await parts_.account.scope_here();
    if (!scope && session) scope = co_await parts_.account.scope(deadline);
    if (scope && session && co_await may_ask(user)) {
        auto const checked = co_await look_up(user, *scope, std::move(*session), deadline);
        if (!checked) co_return checked.error();
    }
    co_return co_await current(user, scope);
}

asio::awaitable<bool> PaymentsService::may_ask(UserId user)
{
    auto const taken = co_await parts_.limiter.take(limits::RateClass::call, "payments:" + std::to_string(user.value), look_ups);
    co_return taken.allowed;
}

// Who comes back from paying: what the session led to is fetched before the answer. When the provider is slow the answer is what is known.
asio::awaitable<Result<void>> PaymentsService::look_up(UserId user, PaymentScope scope, std::string id, Steady::time_point deadline)
{
    auto const customer = co_await customers_.customer_of(user, scope);
    auto const session = co_await stripe::session_of(parts_.api, id, deadline);
    if (session.is_missing || !customer || (session.value && session.value->customer != *customer)) co_return not_found("session");
    if (!session.value) co_return Result<void>();
    // One that was completed stays: who looked at the subscriptions before it was has yet to see that it is there.
    if (session.value->status == "expired") co_await checkouts_.drop(user, std::move(id));
    co_await parts_.sync.sync(*customer, deadline);
    co_return Result<void>();
}

asio::awaitable<SubscriptionStatus> PaymentsService::current(UserId user, std::optional<PaymentScope> scope)
{
    auto const tier = co_await parts_.tiers.tier_of(user);
    SubscriptionStatus status{.tier = tier.plan, .status = "none", .source = std::string(to_text(tier.source))};
    status.publishable_key = options_.publishable_key;
    if (!scope) co_return status;
    auto const rows = co_await subscriptions_.of_user(user, *scope);
    if (auto const* shown = shown_one(rows)) {
        status.status = shown->status;
        if (!shown->plan.empty()) status.plan = shown->plan;
        status.price = shown->price;
        status.current_period_end = shown->period_end;
        status.cancels_at = shown->cancels_at;
        status.grace_until = shown->grace_until;
        auto const live = std::ranges::count_if(rows, [](auto const& row) { return stripe::is_live_word(row.status); });
        status.other_subscriptions = std::max<std::int64_t>(live - 1, 0);
    }
    bool const is_live = stripe::is_live_word(status.status) && status.status != "none";
    bool const is_pending = !is_live && co_await checkouts_.may_be_open(user, std::move(*scope));
    if (is_pending) status.status = "pending";
    co_return status;
}

asio::awaitable<Result<OpenPortal>> PaymentsService::portal(UserId user, stripe::PortalFlow flow, std::optional<std::string> return_url,
                                                            Steady::time_point deadline)
{
    if (return_url) {
        auto const checked = check_return_url(options_.return_urls, *return_url);
        if (!checked) co_return checked.error();
    }
    auto const scope = co_await parts_.account.scope(deadline);
    if (!scope) co_return payment_provider_slow();
    auto customer = co_await customers_.customer_of(user, *scope);
    if (!customer) co_return not_subscribed();
    stripe::PortalWish wish{*customer, return_url.value_or(options_.return_urls.public_url + done_path), flow};
    std::vector<stripe::Subscription> subscriptions;
    if (flow != stripe::PortalFlow::none && flow != stripe::PortalFlow::payment_method) {
        auto fetched = co_await stripe::subscriptions_of(parts_.api, *customer, deadline);
        if (fetched.is_missing) co_return co_await gone(std::move(*customer), deadline);
        if (!fetched.value) co_return error_of(fetched);
        subscriptions = std::move(*fetched.value);
        auto const plans = co_await prices_.plan_of_price(*scope);
        StateBasis const basis{co_await parts_.installation.id(), user, plans, {}};
        wish.subscription = pick(subscriptions, basis, Wanted::goes_on);
    }
    auto const opened = co_await parts_.portal.open(std::move(wish), deadline);
    failpoint("payment_portal_opened");
    if (opened.changed == Changed::unknown) co_return payment_provider_slow();
    if (opened.changed == Changed::missing) co_return co_await gone(std::move(*customer), deadline);
    if (opened.changed != Changed::yes) co_return payment_refused(opened.code, opened.detail);
    co_return OpenPortal{opened.value};
}

// The provider has deleted the customer, and the event that told of it may be lost: from now on it is nobody's.
asio::awaitable<Error> PaymentsService::gone(std::string customer, Steady::time_point deadline)
{
    auto const synced = co_await parts_.sync.sync(std::move(customer), deadline);
    co_return CustomerSync::is_to_repeat(synced) ? payment_provider_slow() : not_subscribed();
}

asio::awaitable<Result<PaymentsService::Live>> PaymentsService::live(UserId user, Wanted wanted, Steady::time_point deadline)
{
    auto const scope = co_await parts_.account.scope(deadline);
    if (!scope) co_return payment_provider_slow();
    auto const customer = co_await customers_.customer_of(user, *scope);
    if (!customer) co_return not_subscribed();
    auto const fetched = co_await stripe::subscriptions_of(parts_.api, *customer, deadline);
    if (fetched.is_missing) co_return co_await gone(*customer, deadline);
    if (!fetched.value) co_return error_of(fetched);
    auto const plans = co_await prices_.plan_of_price(*scope);
    StateBasis const basis{co_await parts_.installation.id(), user, plans, {}};
    auto const* found = pick(*fetched.value, basis, wanted);
    if (!found) co_return not_subscribed();
    co_return Live{*scope, *customer, *found};
}

asio::awaitable<Result<SubscriptionStatus>> PaymentsService::cancel(UserId user, Steady::time_point deadline)
{
    auto found = co_await live(user, Wanted::goes_on, deadline);
    if (!found) co_return found.error();
    if (ends_with_period(found->subscription)) co_return co_await fetched(user, std::move(*found), deadline); // Done already.
    auto change = co_await stripe::cancel_at_period_end(parts_.api, found->subscription.id, random_token(), deadline);
    co_return co_await settled(user, std::move(*found), std::move(change), deadline);
}

asio::awaitable<Result<SubscriptionStatus>> PaymentsService::reactivate(UserId user, Steady::time_point deadline)
{
    auto found = co_await live(user, Wanted::ends, deadline);
    if (!found) co_return found.error();
    if (!stripe::cancels_at(found->subscription)) co_return co_await fetched(user, std::move(*found), deadline);
    auto change = co_await stripe::reactivate(parts_.api, found->subscription, random_token(), deadline);
    co_return co_await settled(user, std::move(*found), std::move(change), deadline);
}

asio::awaitable<Result<SubscriptionStatus>> PaymentsService::settled(UserId user, Live live, stripe::Change<stripe::Subscription> change,
                                                                     Steady::time_point deadline)
{
    failpoint("payment_change_made");
    if (change.changed == Changed::unknown) co_return payment_provider_slow();
    if (change.changed == Changed::no) {
        // What is over takes no change, and may be so since it was fetched.
        auto const now = co_await stripe::subscription_of(parts_.api, live.subscription.id, deadline);
        bool const is_over = now.value && stripe::is_over_word(now.value->status);
        if (!is_over) co_return payment_refused(change.code, change.detail);
    }
    co_return co_await fetched(user, std::move(live), deadline);
}

// What the provider says of it now is fetched: its answer to a change may be older than another change, and our rows older than both.
asio::awaitable<Result<SubscriptionStatus>> PaymentsService::fetched(UserId user, Live live, Steady::time_point deadline)
{
    auto const synced = co_await parts_.sync.sync(std::move(live.customer), deadline);
    failpoint("payment_change_fetched");
    if (CustomerSync::is_to_repeat(synced)) co_return payment_provider_slow();
    co_return co_await current(user, std::move(live.scope));
}

} // namespace pollux::billing
