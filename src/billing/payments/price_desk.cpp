#include "billing/payments/price_desk.hpp"

#include "audit/audit.hpp"
#include "billing/payments/misjudged.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/payments/sold_prices.hpp"
#include "billing/plan_store.hpp"
#include "billing/stripe/reads.hpp"

namespace pollux::billing {
namespace {

bool is_demo(PaymentScope const& scope)
{
    return scope.mode == stripe::word_of(stripe::Mode::demo);
}

Error no_such_price(std::string const& price, PaymentScope const& scope)
{
    auto where = is_demo(scope) ? "in the demo, which stands in for Stripe as long as STRIPE_SECRET_KEY is not set"
                                : "in " + scope.mode + " mode of " + scope.account + ", which STRIPE_SECRET_KEY is of";
    return {ErrorKind::not_found, "price_not_found", "There is no price " + price + " " + std::move(where) + "."};
}

Error price_of_settings(KnownPrice const& price, PaymentScope const& scope)
{
    if (is_demo(scope))
        return conflict("price_of_settings", "The demo sells " + price.price + " as " + price.plan + ", at each start, and has no others.");
    return conflict("price_of_settings", "STRIPE_PRICE_ID names " + price.price + ", so each start sells it as " + price.plan +
                                             ": take it out there and start the servers anew. Who pays by it keeps the plan.");
}

Result<void> check_plan(std::optional<Plan> const& plan, PriceDesk::Wish const& wish)
{
    if (!plan) return Error(ErrorKind::not_found, "plan_not_found", "There is no plan " + wish.plan + "; `pollux plans list` shows all.");
    if (plan->name == basic_plan) return invalid("plan", "not_sellable", "Everybody has basic: nobody needs to buy it.");
    if (plan->is_archived && wish.state == PriceState::sold) {
        return conflict("plan_archived",
                        "The plan " + wish.plan + " is archived, so it is not sold; --retire gives it to who pays already.");
    }
    return {};
}

// What can be sold is bought period by period; what is paid already may be anything.
Result<void> check_price(stripe::Price const& price, PriceState state)
{
    if (state == PriceState::retired) return {};
    if (price.interval.empty())
        return invalid("price", "not_recurring", "The price " + price.id + " is paid once; a plan needs one that recurs.");
    if (!price.is_product_active) {
        return invalid("price", "archived",
                       "The product of the price " + price.id +
                           " is archived at the provider, so nobody can buy by it; --retire is for who pays by it.");
    }
    if (!price.is_active) {
        return invalid("price", "archived",
                       "The price " + price.id + " is archived at the provider, so nobody can buy by it; --retire is for who pays by it.");
    }
    return {};
}

std::string words_of(KnownPrice const& price)
{
    return price.plan + (price.state == PriceState::sold ? ", sold" : ", retired");
}

// `said`: nullopt where the provider has no such price (any more). One that is known here can be retired all the same.
asio::awaitable<Result<PriceDesk::Outcome>> assign_in(db::Transaction& transaction, PaymentScope scope, PriceDesk::Wish wish,
                                                      std::optional<PriceSaid> said, std::string actor)
{
    auto const plan = co_await PlanStore::lock(transaction, wish.plan);
    auto const checked = check_plan(plan, wish);
    if (!checked) co_return checked.error();
    PriceDesk::Outcome outcome{.scope = scope, .is_public = plan->is_public && !plan->is_archived};
    auto const before = co_await PriceStore::known(transaction, scope, wish.price);
    if (!said && !before) co_return no_such_price(wish.price, scope);
    KnownPrice const after{wish.price, wish.plan, wish.state};
    if (before && words_of(*before) == words_of(after)) co_return outcome;
    if (before && before->is_of_settings) {
        co_return price_of_settings(*before, scope);
    }
    co_await PriceStore::put(transaction, scope, after, said.value_or(PriceSaid()));
    auto detail = "price " + wish.price + " (" + scope.mode + " " + scope.account + "): " + (before ? words_of(*before) : "none") + " -> " +
                  words_of(after);
    co_await audit::write(transaction, {.actor = std::move(actor), .action = "plan", .detail = std::move(detail)});
    outcome.is_changed = true;
    outcome.was_sold = before && before->state == PriceState::sold;
    co_return outcome;
}

} // namespace

asio::awaitable<Result<PriceDesk::Outcome>> PriceDesk::assign(Wish wish, std::string actor, Steady::time_point deadline)
{
    auto const scope = co_await account_.scope(deadline);
    if (!scope) co_return payment_provider_slow();
    auto const price = co_await stripe::price_of(api_, wish.price, deadline);
    bool const is_to_go = price.is_missing && wish.state == PriceState::retired;
    if (price.is_missing && !is_to_go) co_return no_such_price(wish.price, *scope);
    if (!price.value && !is_to_go) co_return error_of(price);
    auto const checked = price.value ? check_price(*price.value, wish.state) : Result<void>();
    if (!checked) co_return checked.error();
    auto const said = price.value ? std::optional(said_of(*price.value)) : std::nullopt;
    auto outcome = co_await database_.transact(
        [scope = *scope, wish, said, actor](db::Transaction& transaction) { return assign_in(transaction, scope, wish, said, actor); });
    // Also where nothing has changed: who runs it again may have been cut before.
    if (!outcome) co_return outcome;
    outcome->payers = co_await fetch_misjudged(database_, *scope, std::move(wish.price));
    if (outcome->payers > 0) bell_.ring(sync_customer_task);
    co_return outcome;
}

} // namespace pollux::billing
