#include "billing/payments/checkout.hpp"

#include "base/failpoint.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "billing/left_behind.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/payments/sold_prices.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/reads.hpp"
#include "ops/log.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

using stripe::Changed;
using stripe::CheckoutStep;

// Decisions that lead to another look; each is a change that somebody else made meanwhile.
constexpr int looks_max = 8;
constexpr std::chrono::seconds start_time{5}; // In which a start puts its payments in force.

// What is bought of another account, or mode, would not count: a server is given another key, or has just been started.
Error not_in_force()
{
    return unavailable("billing_not_configured", "This server's payments are not in force; ask again, or see its operator's log.",
                       start_time);
}

Error plan_not_sold()
{
    return {ErrorKind::not_found, "plan_not_sold", "No plan of this name is sold; GET /plans/ lists those that are."};
}

Error price_not_sold()
{
    return invalid("price", "not_sold", "The plan is not sold at this price; GET /plans/ lists its prices.");
}

Error payment_pending()
{
    return conflict("payment_pending",
                    "A payment is on its way already, as a bank debit is for days; /subscription/status/ tells when it is there.");
}

Error already_subscribed(std::string const& portal_url)
{
    std::string url;
    append_json_text(url, portal_url);
    auto error =
        conflict("already_subscribed", "There is a subscription already; portal_url is where to change it, or to pay what is open.");
    if (portal_url.empty()) return error;
    return std::move(error).with_member({"portal_url", std::move(url)});
}

// What was never paid for, not even by a trial, was not bought.
bool was_ever_bought(stripe::Subscription const& subscription)
{
    return subscription.status != "incomplete" && subscription.status != "incomplete_expired";
}

// nullopt: somebody else has made the user a customer meanwhile, or the account is gone.
asio::awaitable<std::optional<Operation>> begin_customer(db::Transaction& transaction, UserId user, PaymentScope scope, Operation operation)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return std::nullopt;
    auto const known = co_await CustomerStore::customer_in(transaction, user, scope);
    if (known) co_return std::nullopt;
    co_return co_await OperationStore::begin(transaction, user, OperationKind::customer, std::move(scope), std::move(operation));
}

// Whoever comes second finds the operation ended, and the same customer linked.
asio::awaitable<int> end_customer(db::Transaction& transaction, UserId user, PaymentScope scope, std::string operation,
                                  std::string customer)
{
    bool const is_there = co_await TierStore::lock(transaction, user);
    if (!is_there) co_return 0;
    bool const is_first = co_await OperationStore::end(transaction, user, OperationKind::customer, std::move(operation));
    if (is_first && !customer.empty()) co_await CustomerStore::link(transaction, user, std::move(scope), std::move(customer));
    co_return 0;
}

} // namespace

// Each step returns an answer, or nothing: then it is to be looked at again.
struct Checkout::Going {
    using Step = asio::awaitable<std::optional<Result<OpenCheckout>>>;

    Checkout& checkout;
    CheckoutWish wish;
    PaymentScope scope;
    std::string installation;
    std::string customer;
    std::string price;
    Steady::time_point deadline;
    bool has_bought = false;       // Then there is no trial.
    bool is_customer_gone = false; // Deleted at the provider, and nobody has told us.

    asio::awaitable<Result<OpenCheckout>> go()
    {
        for (int look = 0; look < looks_max; ++look) {
            if (auto answer = co_await look_once()) co_return std::move(*answer);
        }
        co_return payment_provider_slow(); // Somebody changes it all the time.
    }

    Step look_once()
    {
        if (auto begun = co_await checkout.store_.under_way(wish.user, scope)) co_return co_await take_up(std::move(*begun), Begun::before);
        // In this order: what was bought by the session is then among the subscriptions, or it is looked at again.
        auto const subscriptions = co_await stripe::subscriptions_of(checkout.api_, customer, deadline);
        if (subscriptions.is_missing) {
            is_customer_gone = true;
            co_return payment_refused("resource_missing", "the customer is gone at the provider");
        }
        if (!subscriptions.value) co_return error_of(subscriptions);
        has_bought = std::ranges::any_of(*subscriptions.value, was_ever_bought);
        auto const plan_of_price = co_await checkout.prices_.plan_of_price(scope);
        auto const row = co_await checkout.store_.of_user(wish.user, scope);
        std::optional<stripe::RememberedSession> remembered;
        if (row) {
            auto session = co_await stripe::session_of(checkout.api_, row->session, customer, deadline);
            if (!session.value && !session.is_missing) co_return error_of(session);
            if (session.value) remembered = {std::move(*session.value), row->price};
        }
        auto const decision = stripe::decide_checkout(*subscriptions.value, remembered, {price, plan_of_price});
        co_return co_await follow(decision, remembered, row ? row->session : std::string());
    }

    Step follow(stripe::CheckoutDecision decision, std::optional<stripe::RememberedSession> const& remembered, std::string seen)
    {
        switch (decision.step) {
        case CheckoutStep::create: co_return co_await begin(std::move(seen));
        case CheckoutStep::hand_out: co_return OpenCheckout{remembered->session.url, remembered->session.id};
        case CheckoutStep::expire: co_return co_await expire(std::move(seen));
        case CheckoutStep::look_again: co_return std::nullopt;
        case CheckoutStep::wait: co_return payment_pending();
        case CheckoutStep::end: co_return co_await end_lost(decision);
        case CheckoutStep::refuse: break;
        }
        // There is something else to pay, or paid: nobody is to pay for a page that is open still.
        if (remembered && remembered->session.status == "open") co_return co_await expire(std::move(seen));
        co_return co_await send_to_portal(decision);
    }

    // What others have made is theirs to end.
    Step end_lost(stripe::CheckoutDecision decision)
    {
        StateBasis const basis{.installation = installation, .user = wish.user, .plan_of_price = {}};
        if (is_foreign(decision.subscription->owner, basis)) co_return co_await send_to_portal(decision);
        auto const ended = co_await stripe::cancel_now(checkout.api_, decision.subscription->id, deadline);
        if (ended.changed == Changed::no) co_return payment_refused(ended.code, ended.detail);
        if (ended.changed != Changed::yes) co_return payment_provider_slow();
        failpoint("payment_lost_ended");
        ops::log(ops::Level::warning, "lost_subscription_ended",
                 {{"subscription", decision.subscription->id}, {"user_id", wish.user.value}});
        co_return std::nullopt;
    }

    Step begin(std::string seen)
    {
        auto trial_days = has_bought ? std::nullopt : checkout.options_.trial_days;
        if (trial_days) {
            bool const was_bought = co_await bought_before(checkout.database_, wish.user, scope);
            if (was_bought) trial_days.reset();
        }
        auto id = random_token();
        stripe::SessionWish made{.owner = {installation, std::to_string(wish.user.value)},
                                 .operation = id,
                                 .customer = customer,
                                 .price = price,
                                 .success_url = wish.success_url,
                                 .cancel_url = wish.cancel_url,
                                 .automatic_tax = checkout.options_.automatic_tax,
                                 .promotion_codes = checkout.options_.promotion_codes,
                                 .trial_days = trial_days};
        Operation const operation{std::move(id), stripe::session_form(made).text(), price};
        auto const begun = co_await checkout.store_.begin(wish.user, scope, std::move(seen), operation);
        if (!begun) co_return std::nullopt;
        failpoint("payment_session_begun");
        co_return co_await take_up(*begun, begun->id == operation.id ? Begun::now : Begun::before);
    }

    enum class Begun { now, before };

    Step take_up(Operation operation, Begun when)
    {
        if (operation.is_spent) return find_made(std::move(operation));
        return make(std::move(operation), when);
    }

    // Of an operation that somebody else began, too: the session is then looked at like any other, and its refusal is theirs.
    Step make(Operation operation, Begun when)
    {
        auto const made = co_await stripe::make_session(checkout.api_, stripe::Form::of_text(operation.parameters), operation.id, deadline);
        if (made.is_spent) co_return co_await find_made(std::move(operation));
        if (made.changed == Changed::unknown) co_return payment_provider_slow();
        failpoint("payment_session_made");
        // It stays under way: a call of it before this one may have made a session.
        if (made.is_barred) co_return payment_refused(made.code, made.detail);
        if (made.changed != Changed::yes) {
            co_await checkout.store_.give_up(wish.user, operation);
            failpoint("payment_session_given_up");
            if (made.changed == Changed::missing) {
                auto const deleted = co_await stripe::is_customer_deleted(checkout.api_, customer, deadline);
                is_customer_gone = deleted.value.value_or(deleted.is_missing);
            }
            if (when == Begun::before && !is_customer_gone) co_return std::nullopt;
            co_return payment_refused(made.code, made.detail);
        }
        bool const is_put = co_await checkout.store_.put(wish.user, scope, operation, made.value.id);
        if (!is_put) {
            // The account is gone since. What is left of it at the provider is ended by a task, which may have looked before this one was
            // there.
            co_await checkout.store_.end_customer(customer, scope);
            co_return Result<OpenCheckout>(not_found("user"));
        }
        failpoint("payment_session_after_commit");
        if (operation.subject != price || made.value.url.empty()) co_return std::nullopt;
        co_return OpenCheckout{made.value.url, made.value.id};
    }

    // The session that the operation may have made: what it wrote on it tells. One that can be paid, or was, is the user's from now on.
    // What it never made, or is over, another operation makes, with a key of its own.
    Step find_made(Operation operation)
    {
        auto const sessions = co_await stripe::sessions_of(checkout.api_, customer, stripe::Sessions::all, deadline);
        if (sessions.is_missing) is_customer_gone = true;
        if (sessions.is_missing) co_return payment_refused("resource_missing", "the customer is gone at the provider");
        if (!sessions.value) co_return error_of(sessions);
        auto const is_its = [&](auto const& one) { return one.operation == operation.id && one.status != "expired"; };
        auto const made = std::ranges::find_if(*sessions.value, is_its);
        failpoint("payment_session_found");
        if (made == sessions.value->end()) {
            co_await checkout.store_.give_up(wish.user, std::move(operation));
        } else {
            co_await checkout.store_.put(wish.user, scope, std::move(operation), made->id);
        }
        co_return std::nullopt;
    }

    Step expire(std::string session)
    {
        auto const expired = co_await stripe::expire_session(checkout.api_, session, deadline);
        if (expired.changed == Changed::unknown) co_return payment_provider_slow();
        failpoint("payment_session_expired");
        // Refused: it was paid, or has expired by itself. Looked at again, it says which.
        if (expired.changed == Changed::no) co_return std::nullopt;
        co_await checkout.store_.drop(wish.user, std::move(session));
        failpoint("payment_session_dropped");
        co_return std::nullopt;
    }

    Step send_to_portal(stripe::CheckoutDecision decision)
    {
        stripe::PortalWish portal{customer, wish.cancel_url, decision.flow, decision.subscription, price};
        auto const opened = co_await checkout.portal_.open(std::move(portal), deadline);
        co_return already_subscribed(opened.value);
    }
};

asio::awaitable<Result<OpenCheckout>> Checkout::open(CheckoutWish wish, Steady::time_point deadline)
{
    auto const scope = co_await account_.scope(deadline);
    if (!scope) co_return payment_provider_slow();
    bool const counts = co_await account_.is_in_force(*scope);
    if (!counts) co_return not_in_force();
    auto const sold = co_await prices_.sold(wish.plan, *scope);
    bool const is_sold = wish.price ? std::ranges::find(sold, *wish.price) != sold.end() : !sold.empty();
    if (!is_sold) {
        bool const is_closed = co_await close_unsold(wish.user, *scope, deadline);
        if (!is_closed) co_return payment_provider_slow();
        co_return sold.empty() ? plan_not_sold() : price_not_sold();
    }
    auto price = wish.price.value_or(sold.front());
    auto const installation = co_await installation_.id();
    for (bool is_again = false;; is_again = true) {
        auto customer = co_await this->customer(wish.user, *scope, deadline);
        if (!customer) co_return customer.error();
        Going going{*this, wish, *scope, installation, *customer, price, deadline};
        auto answer = co_await going.go();
        bool const is_refused = answer.has_error() && answer.error().code() == "payment_refused" && !going.is_customer_gone;
        if (is_refused) {
            // Somebody may have archived the price since it was looked at. Each turn takes one out of what is sold.
            auto const looked = co_await look_at_price(prices_, api_, *scope, {.price = price, .plan = wish.plan}, deadline);
            bool const is_sold_no_more = looked && !*looked;
            if (is_sold_no_more) co_return co_await open(std::move(wish), deadline);
        }
        if (answer) {
            bool const counts_still = co_await account_.is_in_force(*scope);
            if (counts_still) co_return answer;
            co_await going.expire(answer->session_id); // The key was changed meanwhile.
            co_return not_in_force();
        }
        if (!going.is_customer_gone || is_again) co_return answer;
        auto const fetch = co_await customers_.begin_fetch(*customer, *scope);
        if (fetch) co_await customers_.unlink(*fetch, *scope);
    }
}

asio::awaitable<bool> Checkout::close_unsold(UserId user, PaymentScope scope, Steady::time_point deadline)
{
    auto const row = co_await store_.of_user(user, scope);
    if (!row) co_return true;
    auto const plans = co_await prices_.plan_of_price(scope);
    auto const plan = plans.find(row->price);
    if (plan != plans.end()) {
        auto const sold = co_await prices_.sold(plan->second, std::move(scope));
        if (std::ranges::find(sold, row->price) != sold.end()) co_return true;
    }
    auto const expired = co_await stripe::expire_session(api_, row->session, deadline);
    if (expired.changed == Changed::yes) co_await store_.drop(user, row->session);
    co_return expired.changed != Changed::unknown;
}

asio::awaitable<Result<std::string>> Checkout::customer(UserId user, PaymentScope scope, Steady::time_point deadline)
{
    auto const installation = co_await installation_.id();
    auto const form = stripe::customer_form({installation, std::to_string(user.value)});
    for (int look = 0; look < looks_max; ++look) {
        if (auto known = co_await customers_.customer_of(user, scope)) co_return std::move(*known);
        Operation const wanted{random_token(), form.text(), {}};
        auto const begun =
            co_await database_.transact([=](db::Transaction& transaction) { return begin_customer(transaction, user, scope, wanted); });
        if (!begun) continue; // Somebody else has made one meanwhile, or the account is gone.
        failpoint("payment_customer_begun");
        stripe::Change<std::string> made{.is_spent = true};
        if (!begun->is_spent) made = co_await stripe::make_customer(api_, stripe::Form::of_text(begun->parameters), begun->id, deadline);
        if (made.changed == Changed::unknown && !made.is_spent) co_return payment_provider_slow();
        failpoint("payment_customer_made");
        if (made.is_barred) co_return payment_refused(made.code, made.detail);
        // One that a spent operation may have made is nobody's, and has bought nothing.
        co_await database_.transact([=, id = begun->id, customer = made.value](db::Transaction& transaction) {
            return end_customer(transaction, user, scope, id, customer);
        });
        failpoint("payment_customer_linked");
        bool const is_refused = made.changed != Changed::yes && !made.is_spent;
        if (is_refused && begun->id == wanted.id) co_return payment_refused(made.code, made.detail); // Else it was somebody else's.
        if (made.is_spent && begun->id == wanted.id) co_return payment_provider_slow();
    }
    co_return not_found("user");
}

} // namespace pollux::billing
