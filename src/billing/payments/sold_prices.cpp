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

std::optional<PlanPrice> offer_of(stripe::Price const& price)
{
    bool const is_sellable = price.is_active && price.amount_minor && !price.interval.empty();
    if (!is_sellable) return std::nullopt;
    return PlanPrice{price.id,       *price.amount_minor, price.currency, stripe::minor_digits(price.currency),
                     price.interval, price.interval_count};
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
        co_await store_.put_settings(sold_plan, split(payload.substr(std::min(slash + 1, payload.size()))), *scope);
    }
    // Also hourly: who was fetched while it was written down may have been judged by what stood there before.
    co_await fetch_misjudged(database_, *scope);
    auto const plans = co_await store_.plan_of_price(*scope);
    for (auto const& [id, plan] : plans) {
        if (run.is_to_end()) co_return TaskOutcome::hand_back();
        auto const price = co_await stripe::price_of(api_, id, run.deadline());
        if (!price.value && !price.is_missing) co_return TaskOutcome::retry(reason_of(price));
        auto offer = price.value ? offer_of(*price.value) : std::nullopt;
        if (!offer) ops::log(ops::Level::warning, "price_not_sellable", {{"price", id}, {"plan", plan}});
        co_await store_.describe(*scope, id, std::move(offer));
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
