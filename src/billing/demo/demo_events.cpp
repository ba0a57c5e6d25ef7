#include "billing/demo/demo_events.hpp"

#include "base/failpoint.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "billing/demo/demo_store.hpp"
#include "billing/stripe/signature.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"

#include <boost/json/serialize.hpp>

namespace pollux::billing::demo {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::size_t event_id_bytes = 12;

asio::awaitable<std::optional<json::object>> object_of(db::Transaction& transaction, std::string type, std::string about,
                                                       std::string public_url, Time now)
{
    if (type.starts_with("checkout.")) {
        auto const session = co_await DemoStore::session(transaction, std::move(about));
        if (!session) co_return std::nullopt;
        co_return session_json(*session, now, public_url);
    }
    auto const subscription = co_await DemoStore::subscription(transaction, std::move(about));
    if (!subscription) co_return std::nullopt;
    co_return type.starts_with("invoice.") ? latest_invoice_json(*subscription, now) : subscription_json(*subscription, now);
}

// nullopt: what it is about is gone.
asio::awaitable<std::optional<std::string>> event_of(db::Transaction& transaction, std::string subject, std::string public_url)
{
    auto const space = std::min(subject.find(' '), subject.size());
    auto const type = subject.substr(0, space);
    auto about = subject.substr(std::min(space + 1, subject.size()));
    auto const now = co_await DemoStore::now(transaction);
    auto object = co_await object_of(transaction, type, std::move(about), std::move(public_url), now);
    if (!object) co_return std::nullopt;
    co_return json::serialize(event_json("evt_demo_" + to_hex(random_bytes(event_id_bytes)), type, std::move(*object), now));
}

// May run twice: an event only says that there is something to look at.
asio::awaitable<TaskOutcome> deliver(TaskRun& run, DemoTelling& telling)
{
    auto const subject = run.task().subject;
    auto body = co_await telling.database.snapshot(
        [subject, url = telling.public_url](db::Transaction& transaction) { return event_of(transaction, subject, url); });
    if (!body) co_return TaskOutcome::done();
    failpoint("demo_before_webhook");
    auto signature = stripe::sign(*body, telling.signing_secret, telling.clock.now());
    auto const taken = co_await telling.webhook.take(std::move(signature), std::move(*body), run.deadline());
    if (!taken) co_return TaskOutcome::retry("The webhook did not take it: " + taken.error().code());
    co_return TaskOutcome::done();
}

asio::awaitable<void> tell_change(db::Transaction& transaction, DemoSubscription const& subscription, Time now, Time planned)
{
    if (state_at(subscription, now).is_over()) {
        co_await tell(transaction, "customer.subscription.deleted", subscription.id);
        co_return;
    }
    if (planned == subscription.paid_at && subscription.paid_at > subscription.created) {
        co_await tell(transaction, "checkout.session.async_payment_succeeded", subscription.session);
    }
    co_await tell(transaction, "invoice.paid", subscription.id);
    co_await tell(transaction, "customer.subscription.updated", subscription.id);
}

asio::awaitable<int> look_at(db::Transaction& transaction, std::string id, Time planned)
{
    auto const subscription = co_await DemoStore::lock_subscription(transaction, std::move(id));
    if (!subscription) co_return 0;
    auto const now = co_await DemoStore::now(transaction);
    // A twin that was asked for later brings a later time along: then this run comes too early.
    if (now >= planned) co_await tell_change(transaction, *subscription, now, planned);
    co_await await_next_change(transaction, *subscription, now);
    co_return 0;
}

// May run twice: what it tells is told twice then, and each change is awaited once.
asio::awaitable<TaskOutcome> become_due(TaskRun& run, DemoTelling& telling)
{
    auto const planned = parse_integer(run.task().payload);
    if (!planned) co_return TaskOutcome::give_up("A payload that is no time.");
    co_await telling.database.transact(
        [id = run.task().subject, planned = time_of(*planned)](db::Transaction& transaction) { return look_at(transaction, id, planned); });
    telling.bell.ring(event_task);
    co_return TaskOutcome::done();
}

} // namespace

asio::awaitable<void> tell(db::Transaction& transaction, std::string type, std::string about)
{
    auto subject = std::move(type) + " " + std::move(about);
    co_await tasks::enqueue(transaction, {.kind = event_task, .subject = std::move(subject)});
}

asio::awaitable<void> await_next_change(db::Transaction& transaction, DemoSubscription subscription, Time now)
{
    auto const next = next_change(subscription, now);
    if (!next) co_return;
    co_await tasks::enqueue(
        transaction,
        {.kind = due_task, .subject = std::move(subscription.id), .payload = std::to_string(micros(*next)), .delay = *next - now});
}

std::string signing_secret(std::string_view secret_key)
{
    return "whsec_" + to_hex(derive_key(secret_key, "events of demo payments"));
}

void add_demo_kinds(tasks::TaskKinds& kinds, DemoTelling& telling)
{
    using namespace std::chrono_literals;
    tasks::TaskLimits const limits{.attempts_max = 50, .back_off = 1s};
    kinds.add(
        {.name = event_task, .lane = tasks::Lane::stripe, .limits = limits, .work = [&](TaskRun& run) { return deliver(run, telling); }});
    kinds.add(
        {.name = due_task, .lane = tasks::Lane::stripe, .limits = limits, .work = [&](TaskRun& run) { return become_due(run, telling); }});
}

} // namespace pollux::billing::demo
