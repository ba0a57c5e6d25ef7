#include "billing/payments/sold_prices.hpp"

#include "billing/payments/misjudged.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/stripe/currency.hpp"
#include "billing/stripe/reads.hpp"
#include "ops/log.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"

namespace pollux::billing {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr char const* sold_plan = "pro"; // Whose prices the settings name.
constexpr char const* settings_subject = "settings";

std::vector<std::string> split(std::string_view list)
{
    std::vector<std::string> parts;
    while (!list.empty()) {
        auto const end = std::min(list.find(','), list.size());
        parts.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return parts;
}

asio::awaitable<int> enqueue_look(db::Transaction& transaction, std::string payload)
{
    co_await tasks::enqueue(transaction, {.kind = look_at_prices_task, .subject = settings_subject, .payload = std::move(payload)});
    co_return 0;
}

} // namespace

PriceSaid said_of(stripe::Price const& price)
{
    bool const can_be_bought = price.is_active && price.is_product_active;
    PriceSaid said{.is_for_sale = can_be_bought && !price.interval.empty(), .offer = std::nullopt};
    if (said.is_for_sale && price.amount_minor) {
        said.offer = PlanPrice{price.id,       *price.amount_minor, price.currency, stripe::minor_digits(price.currency),
                               price.interval, price.interval_count};
    }
    return said;
}

asio::awaitable<std::optional<bool>> look_at_price(PriceStore& store, stripe::Api const& api, PaymentScope scope, KnownPrice price,
                                                   Steady::time_point deadline, char const** why)
{
    auto const fetched = co_await stripe::price_of(api, price.price, deadline);
    if (!fetched.value && !fetched.is_missing) {
        if (why) *why = reason_of(fetched);
        co_return std::nullopt;
    }
    auto said = fetched.value ? said_of(*fetched.value) : PriceSaid();
    bool const is_for_sale = said.is_for_sale;
    if (!is_for_sale)
        ops::log(ops::Level::warning, "price_not_sellable", {{"price", price.price}, {"plan", price.plan}});
    else if (!said.offer)
        ops::log(ops::Level::warning, "price_without_amount", {{"price", price.price}, {"plan", price.plan}});
    co_await store.describe(std::move(scope), std::move(price.price), std::move(said));
    co_return is_for_sale;
}

asio::awaitable<void> SoldPrices::ask_for(std::vector<std::string> prices)
{
    auto payload = account_.key_mac() + "/";
    for (auto const& price : prices) payload.append(&price == &prices.front() ? "" : ",").append(price);
    co_await database_.transact([payload](db::Transaction& transaction) { return enqueue_look(transaction, payload); });
}

asio::awaitable<TaskOutcome> SoldPrices::look(TaskRun& run)
{
    auto const scope = co_await account_.scope(run.deadline());
    if (!scope) co_return TaskOutcome::retry(account_unknown);
    if (run.task().subject == settings_subject) {
        std::string_view const payload = run.task().payload;
        auto const slash = std::min(payload.find('/'), payload.size());
        if (payload.substr(0, slash) != account_.key_mac()) co_return TaskOutcome::retry("It was asked for by a process with another key.");
        co_await account_.put_in_force(*scope);
        auto const others = co_await store_.put_settings(sold_plan, split(payload.substr(std::min(slash + 1, payload.size()))), *scope);
        for (auto const& one : others) {
            ops::log(ops::Level::warning, "price_of_another_plan",
                     {{"price", one.price}, {"plan", one.plan}, {"mend", "take it out of STRIPE_PRICE_ID, or pollux plans price pro"}});
        }
    }
    // Also hourly: who was fetched while it was written down may have been judged by what stood there before.
    co_await fetch_misjudged(database_, *scope);
    for (auto const& price : co_await store_.for_sale(*scope)) {
        if (run.is_to_end()) co_return TaskOutcome::hand_back();
        char const* why = nullptr;
        auto const looked = co_await look_at_price(store_, api_, *scope, price, run.deadline(), &why);
        if (!looked) co_return TaskOutcome::retry(why);
    }
    co_return TaskOutcome::done();
}

void add_price_kind(tasks::TaskKinds& kinds, SoldPrices& prices)
{
    using namespace std::chrono_literals;
    kinds.add({.name = look_at_prices_task,
               .lane = tasks::Lane::stripe,
               .time_max = 60s,
               .limits = {.attempts_max = 5'000, .back_off = 1s, .back_off_max = 60s},
               .every = 1h,
               .work = [&](TaskRun& run) { return prices.look(run); }});
}

} // namespace pollux::billing
