#include "billing/payments/payment_tasks.hpp"

#include "billing/payments/event_store.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/stripe/changes.hpp"
#include "billing/stripe/checkout_decision.hpp"
#include "billing/stripe/entitling.hpp"
#include "billing/stripe/reads.hpp"
#include "ops/log.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

using tasks::Duty;
using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr char const* of_another_key = "It is of another account, or mode, than the configured key.";
constexpr std::chrono::minutes other_key_wait{10}; // For a key that may come back in months, or that another process has right now.

// A task of another account or mode is left to a process that has its key: nothing that is missing here says anything of it. What is owed
// there waits for as long as it takes; the rest is looked at again when those payments come into force, by a walk. nullopt: go on.
asio::awaitable<std::optional<TaskOutcome>> not_ours(TaskRun& run, PaymentAccount& account, Duty duty)
{
    auto const scope = co_await account.scope(run.deadline());
    if (!scope) co_return TaskOutcome::retry(account_unknown);
    if (text_of(*scope) == run.task().payload) co_return std::nullopt;
    if (duty == Duty::obligation) co_return TaskOutcome::wait(of_another_key, other_key_wait);
    bool const are_others_in_force = !co_await account.is_in_force(*scope);
    co_return are_others_in_force ? TaskOutcome::retry(of_another_key) : TaskOutcome::done();
}

TaskOutcome outcome_of(TaskRun const& run, CustomerSync::Outcome outcome)
{
    if (outcome == CustomerSync::Outcome::refused) return TaskOutcome::retry(provider_refuses);
    if (outcome != CustomerSync::Outcome::unknown) return TaskOutcome::done();
    return run.is_to_end() ? TaskOutcome::hand_back() : TaskOutcome::retry(provider_away);
}

// Of what is to be ended, or noted.
template <class T>
std::optional<TaskOutcome> why_not(stripe::Change<T> const& ended)
{
    if (ended.changed == stripe::Changed::unknown) return TaskOutcome::retry(provider_away);
    if (ended.changed != stripe::Changed::no) return std::nullopt;
    log_refusal(ended.code, ended.detail);
    return TaskOutcome::retry(provider_refuses);
}

// May run twice: see CustomerSync.
asio::awaitable<TaskOutcome> sync_customer(TaskRun& run, PaymentParts& parts)
{
    if (auto const other = co_await not_ours(run, parts.account, Duty::usual)) co_return *other;
    auto const outcome = co_await parts.sync.sync(run.task().subject, run.deadline());
    co_return outcome_of(run, outcome);
}

asio::awaitable<int> ask_for_end(db::Transaction& transaction, std::string subscription, std::string scope)
{
    co_await tasks::enqueue(transaction, {.kind = end_subscription_task, .subject = std::move(subscription), .payload = std::move(scope)});
    co_return 0;
}

// Money that went back ends what it paid for: where it was for the latest invoice of a subscription of ours. Where it did not go after all,
// as in a refund that fails after it had arrived, what was ended for it is paid to the end of its period. May run twice: it only asks, and
// what it asks for is asked for once.
asio::awaitable<TaskOutcome> judge_payment(TaskRun& run, PaymentParts& parts)
{
    if (auto const other = co_await not_ours(run, parts.account, Duty::usual)) co_return *other;
    auto const payment = run.task().subject;
    auto const scope = run.task().payload;
    auto const is_gone = co_await stripe::is_money_gone(parts.api, payment, run.deadline());
    if (!is_gone.value) co_return is_gone.is_missing ? TaskOutcome::done() : TaskOutcome::retry(reason_of(is_gone));
    auto const invoices = co_await stripe::invoices_paid_by(parts.api, payment, run.deadline());
    if (!invoices.value) co_return invoices.is_missing ? TaskOutcome::done() : TaskOutcome::retry(reason_of(invoices));
    for (auto const& [invoice, subscription] : *invoices.value) {
        if (subscription.empty()) continue;
        auto const bought = co_await stripe::subscription_of(parts.api, subscription, run.deadline());
        if (!bought.value && !bought.is_missing) co_return TaskOutcome::retry(reason_of(bought));
        if (!bought.value) continue;
        if (!*is_gone.value) {
            if (bought.value->went_back != payment) continue;
            auto const synced = co_await parts.sync.sync(bought.value->customer, run.deadline());
            if (CustomerSync::is_to_repeat(synced)) co_return outcome_of(run, synced);
            continue;
        }
        if (!stripe::is_live(*bought.value) || !stripe::is_paid_by(*bought.value, invoice)) continue;
        bool const is_ours = co_await parts.sync.is_ours(*bought.value, run.deadline());
        if (!is_ours) continue;
        auto const noted = co_await stripe::note_went_back(parts.api, subscription, payment, run.deadline());
        if (auto const not_yet = why_not(noted)) co_return *not_yet;
        ops::log(ops::Level::warning, "payment_went_back", {{"subscription", subscription}});
        co_await parts.database.transact(
            [subscription, scope](db::Transaction& transaction) { return ask_for_end(transaction, subscription, scope); });
    }
    co_return TaskOutcome::done();
}

// May run twice: what is over stays over. What follows from it here does not wait for its event, which may get lost.
asio::awaitable<TaskOutcome> end_subscription(TaskRun& run, PaymentParts& parts)
{
    if (auto const other = co_await not_ours(run, parts.account, Duty::obligation)) co_return *other;
    auto const ended = co_await stripe::cancel_now(parts.api, run.task().subject, run.deadline());
    if (auto const not_yet = why_not(ended)) co_return *not_yet;
    if (ended.value.empty()) co_return TaskOutcome::done(); // Nobody's any more.
    co_return outcome_of(run, co_await parts.sync.sync(ended.value, run.deadline()));
}

// The account is gone here, so its rows are: only what the task carries is known. What could still be paid goes first. May run twice, as
// above.
asio::awaitable<TaskOutcome> end_customer(TaskRun& run, PaymentParts& parts)
{
    if (auto const other = co_await not_ours(run, parts.account, Duty::obligation)) co_return *other;
    auto const sessions = co_await stripe::sessions_of(parts.api, run.task().subject, stripe::Sessions::open, run.deadline());
    if (!sessions.value && !sessions.is_missing) co_return TaskOutcome::retry(reason_of(sessions));
    for (auto const& session : sessions.value.value_or(std::vector<stripe::CheckoutSession>())) {
        auto const expired = co_await stripe::expire_session(parts.api, session.id, run.deadline());
        if (expired.changed == stripe::Changed::unknown) co_return TaskOutcome::retry(provider_away);
    }
    auto const subscriptions = co_await stripe::subscriptions_of(parts.api, run.task().subject, run.deadline());
    if (subscriptions.is_missing) co_return TaskOutcome::done();
    if (!subscriptions.value) co_return TaskOutcome::retry(reason_of(subscriptions));
    for (auto const& subscription : *subscriptions.value) {
        if (run.is_to_end()) co_return TaskOutcome::hand_back();
        if (stripe::is_over_word(subscription.status)) continue;
        auto const ended = co_await stripe::cancel_now(parts.api, subscription.id, run.deadline());
        if (auto const not_yet = why_not(ended)) co_return *not_yet;
    }
    co_return TaskOutcome::done();
}

} // namespace

asio::awaitable<void> end_payments(db::Transaction& transaction, UserId user)
{
    for (auto& [scope, customer] : co_await CustomerStore::all_of_user(transaction, user)) {
        if (scope.mode == stripe::word_of(stripe::Mode::demo)) continue; // It goes with the user.
        co_await tasks::enqueue(transaction, {.kind = end_customer_task, .subject = std::move(customer), .payload = text_of(scope)});
    }
}

void add_payment_kinds(tasks::TaskKinds& kinds, PaymentParts& parts)
{
    using namespace std::chrono_literals;
    using tasks::Lane;
    // Days of a provider that is away, and a minute when it is back; after that the walk through its events finds the customer again.
    tasks::TaskLimits const patient{.attempts_max = 5'000, .back_off = 1s, .back_off_max = 60s};
    // What was promised to somebody who has left, or whose money went back, is owed for as long as it takes; an alert tells of it.
    tasks::TaskLimits const for_ever{.attempts_max = tasks::never_given_up, .back_off = 1s, .back_off_max = 10min};
    kinds.add({.name = sync_customer_task, .lane = Lane::stripe, .time_max = 30s, .limits = patient, .work = [&](TaskRun& run) {
                   return sync_customer(run, parts);
               }});
    kinds.add({.name = judge_payment_task, .lane = Lane::stripe, .time_max = 30s, .limits = patient, .work = [&](TaskRun& run) {
                   return judge_payment(run, parts);
               }});
    kinds.add({.name = end_subscription_task,
               .lane = Lane::stripe,
               .time_max = 30s,
               .limits = for_ever,
               .duty = Duty::obligation,
               .work = [&](TaskRun& run) { return end_subscription(run, parts); }});
    kinds.add({.name = end_customer_task,
               .lane = Lane::stripe,
               .time_max = 60s,
               .limits = for_ever,
               .duty = Duty::obligation,
               .work = [&](TaskRun& run) { return end_customer(run, parts); }});
}

} // namespace pollux::billing
