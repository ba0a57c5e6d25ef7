#include "billing/payments/reconcile.hpp"

#include "base/failpoint.hpp"
#include "base/secrets.hpp"
#include "billing/payments/event_store.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "billing/payments/provider_words.hpp"
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/reads.hpp"
#include "net/wakeup.hpp"
#include "ops/log.hpp"
#include "tasks/task_run.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <exception>
#include <optional>

namespace pollux::billing {
namespace {

using namespace std::chrono_literals;
using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr auto call_gap = std::chrono::milliseconds(1'000 / walk_calls_a_second_max);

constexpr std::chrono::hours overlap{1};         // Events may appear in the list late.
constexpr std::chrono::minutes settle{5};        // What is younger is on its way by webhook: left to the next walk, and no repair.
constexpr std::chrono::seconds call_time_max{8}; // With the wait for its turn.
constexpr std::chrono::seconds batch_time_max{10};
constexpr std::size_t batch_max = 40;
constexpr int tries_max = 3; // Of one page.

bool is_over(Reconcile::Turn const& turn)
{
    return Steady::now() >= turn.until || turn.is_to_end();
}

EndpointState state_of(stripe::WebhookEndpoint const* endpoint)
{
    if (!endpoint) return EndpointState::missing;
    return endpoint->is_enabled() ? EndpointState::enabled : EndpointState::disabled;
}

void keep(std::vector<std::string>& list, std::string const& id)
{
    if (!id.empty() && std::ranges::find(list, id) == list.end()) list.push_back(id);
}

// Customers that are fetched several at a time: of one after the other, the way to Stripe and back would set the pace.
struct Batch {
    std::vector<MarkedCustomer> customers;
    std::vector<std::optional<CustomerSync::Outcome>> outcomes;
    std::size_t next = 0;
    Steady::time_point until;
    std::exception_ptr failure;
};

} // namespace

struct Reconcile::Going {
    enum class Next { on, lost, failed, refused };

    Reconcile& reconcile;
    Turn const& turn;
    PaymentScope scope;
    WalkStore store;
    Walk walk{};
    std::string why{};
    std::int64_t calls_kept = 0; // Of the paced calls, those that stand in the row.
    int failures = 0;

    asio::awaitable<Progress> go()
    {
        auto const held = co_await store.hold();
        if (!held) co_return Progress{Stand::elsewhere, co_await store.look(), {}};
        walk = *held;
        calls_kept = reconcile.paced_.count();
        auto const stand = co_await work();
        if (stand != Stand::elsewhere) co_await store.let_go();
        co_return Progress{stand, co_await store.look(), std::move(why)};
    }

    asio::awaitable<Stand> work()
    {
        bool begins = turn.begin == Begin::always;
        for (;;) {
            if (walk.phase == WalkPhase::idle) {
                if (!begins && walk.asked == WalkReach::nothing) co_return Stand::done;
                bool const is_held = co_await begin();
                if (!is_held) co_return Stand::elsewhere;
            }
            while (walk.phase != WalkPhase::idle) {
                if (is_over(turn)) co_return Stand::working;
                auto const next = co_await advance();
                if (next == Next::lost) co_return Stand::elsewhere;
                if (next == Next::failed) co_return Stand::away;
                if (next == Next::refused) co_return Stand::refused;
            }
            walk = co_await store.look();
            begins = false;
        }
    }

    asio::awaitable<bool> begin()
    {
        // Who asks wants all there is, also where the provider's clock is ahead of ours.
        auto const until = walk.asked == WalkReach::nothing ? walk.now - settle : walk.now + overlap;
        auto const from = walk.seen_until ? *walk.seen_until - overlap : walk.now;
        bool const is_gap = !walk.seen_until || walk.now - from >= events_kept;
        auto phase = walk.asked == WalkReach::everything || is_gap ? WalkPhase::subscriptions : WalkPhase::events;
        bool const has_customers = co_await store.has_customers();
        if (!has_customers) phase = WalkPhase::customers; // There is nobody to lose anything.
        walk.phase = phase;
        walk.position.clear();
        walk.reaches_from = from;
        walk.reaches_until = until;
        co_return co_await store.begin(phase, from, until, walk.asked);
    }

    asio::awaitable<Next> advance()
    {
        switch (walk.phase) {
        case WalkPhase::events: return through_events();
        case WalkPhase::subscriptions: return through_subscriptions();
        case WalkPhase::rows: return through_rows();
        case WalkPhase::idle:
        case WalkPhase::customers: break;
        }
        return through_customers();
    }

    WalkStep step(WalkPhase phase, std::string position)
    {
        walk.phase = phase;
        walk.position = position;
        auto const count = reconcile.paced_.count();
        WalkStep made{.phase = phase, .position = std::move(position)};
        made.calls = count - calls_kept;
        calls_kept = count;
        return made;
    }

    asio::awaitable<Next> through_events()
    {
        auto page = co_await stripe::events_since(reconcile.paced_, walk.reaches_from, walk.position, Steady::now() + call_time_max);
        if (!page.value) co_return co_await failed(page);
        failures = 0;
        std::vector<std::string> customers;
        std::vector<std::string> payments;
        for (auto const& event : page.value->items) {
            if (event.created && *event.created > walk.reaches_until) continue;
            keep(customers, event.customer);
            if (is_about_a_payment(event)) keep(payments, event.payment_intent);
        }
        bool const has_payments = !payments.empty();
        bool const is_last = page.value->next.empty();
        auto made = step(is_last ? WalkPhase::customers : WalkPhase::events, page.value->next);
        made.events = static_cast<std::int64_t>(page.value->items.size());
        bool const is_held = co_await store.gather(std::move(made), std::move(customers), std::move(payments));
        if (has_payments) reconcile.parts_.bell.ring(judge_payment_task);
        co_return is_held ? Next::on : Next::lost;
    }

    asio::awaitable<Next> through_subscriptions()
    {
        auto page = co_await stripe::all_subscriptions(reconcile.paced_, walk.position, Steady::now() + call_time_max);
        if (!page.value) co_return co_await failed(page);
        failures = 0;
        std::vector<std::string> customers;
        for (auto const& subscription : page.value->items) keep(customers, subscription.customer);
        bool const is_last = page.value->next.empty();
        auto made = step(is_last ? WalkPhase::rows : WalkPhase::subscriptions, page.value->next);
        bool const is_held = co_await store.gather(std::move(made), std::move(customers), {});
        co_return is_held ? Next::on : Next::lost;
    }

    asio::awaitable<Next> through_rows()
    {
        auto const marked = co_await store.gather_rows(step(WalkPhase::rows, walk.position));
        if (!marked) co_return Next::lost;
        walk.phase = marked->phase;
        walk.position = marked->position;
        co_return Next::on;
    }

    asio::awaitable<Next> through_customers()
    {
        using namespace asio::experimental::awaitable_operators;
        Batch batch{.customers = co_await store.marked(batch_max)};
        if (batch.customers.empty()) co_return co_await finish();
        batch.outcomes.resize(batch.customers.size());
        batch.until = std::min(Steady::now() + batch_time_max, turn.until);
        auto lanes = fetch_some(batch) && fetch_some(batch) && fetch_some(batch) && fetch_some(batch);
        co_await std::move(lanes);
        if (batch.failure) std::rethrow_exception(batch.failure);
        co_return co_await put(batch);
    }

    // Never throws: the others would be cancelled in the middle of what cannot be taken back.
    asio::awaitable<void> fetch_some(Batch& batch)
    {
        try {
            while (batch.next < batch.customers.size() && Steady::now() < batch.until && !turn.is_to_end()) {
                auto const at = batch.next++;
                auto const deadline = Steady::now() + call_time_max;
                batch.outcomes[at] = co_await reconcile.sync_.sync(batch.customers[at].customer, deadline);
                failpoint("walk_customer");
            }
        } catch (...) {
            batch.failure = std::current_exception();
        }
    }

    asio::awaitable<Next> put(Batch& batch)
    {
        std::vector<MarkedCustomer> done;
        std::vector<MarkedCustomer> left;
        std::int64_t changed = 0;
        for (std::size_t at = 0; at < batch.customers.size(); ++at) {
            auto const outcome = batch.outcomes[at];
            if (!outcome) continue;
            if (outcome == CustomerSync::Outcome::changed) ++changed;
            (CustomerSync::is_to_repeat(*outcome) ? left : done).push_back(std::move(batch.customers[at]));
        }
        if (done.empty() && !left.empty()) {
            // All of them: either Stripe is away, or it does not know what to say of these.
            auto const probe = co_await reconcile.paced_.call({.path = "/v1/account", .deadline = Steady::now() + call_time_max});
            bool const is_there = probe.outcome == stripe::Outcome::done || probe.outcome == stripe::Outcome::refused;
            if (!is_there) co_return co_await failed(stripe::not_fetched<bool>(probe));
        }
        failures = 0;
        bool const has_left = !left.empty();
        auto made = step(WalkPhase::customers, {});
        made.customers = static_cast<std::int64_t>(done.size() + left.size());
        made.changed = changed;
        reconcile.repaired_.add(static_cast<double>(changed));
        bool const is_held = co_await store.unmark(std::move(made), std::move(done), std::move(left));
        if (has_left) reconcile.parts_.bell.ring(sync_customer_task);
        co_return is_held ? Next::on : Next::lost;
    }

    asio::awaitable<Next> finish()
    {
        auto const endpoint = co_await look_at_endpoint();
        bool const is_held = co_await store.finish(step(WalkPhase::idle, {}), endpoint);
        if (!is_held) co_return Next::lost;
        auto const ended = co_await store.look();
        ops::log(ended.changed > 0 ? ops::Level::warning : ops::Level::info, "payments_reconciled",
                 {{"customers", ended.customers},
                  {"changed", ended.changed},
                  {"events", ended.events},
                  {"calls", ended.calls},
                  {"seconds", (micros(ended.ended_at) - micros(ended.begun_at)) / 1'000'000}});
        co_return Next::on;
    }

    asio::awaitable<EndpointState> look_at_endpoint()
    {
        auto const endpoints = co_await stripe::webhook_endpoints(reconcile.paced_, Steady::now() + call_time_max);
        if (!endpoints.value) {
            ops::log(ops::Level::warning, "payment_endpoint_unknown", {{"detail", endpoints.detail}});
            co_return EndpointState::unknown;
        }
        auto const* endpoint = stripe::find_endpoint(*endpoints.value, reconcile.webhook_urls_);
        auto const state = state_of(endpoint);
        if (state == EndpointState::disabled)
            ops::log(ops::Level::error, "payment_endpoint_disabled", {{"endpoint", endpoint->id}, {"url", endpoint->url}});
        if (state == EndpointState::missing)
            ops::log(ops::Level::warning, "payment_endpoint_missing", {{"url", reconcile.webhook_urls_.front()}});
        co_return state;
    }

    // What did not come. Where it was to go on behind what is gone by now, it begins again.
    template <class T>
    asio::awaitable<Next> failed(stripe::Fetched<T> fetched)
    {
        if (fetched.is_missing && !walk.position.empty()) {
            bool const is_held = co_await store.gather(step(walk.phase, {}), {}, {});
            co_return is_held ? Next::on : Next::lost;
        }
        if (fetched.is_refused || ++failures >= tries_max) {
            ops::log(ops::Level::warning, fetched.is_refused ? "payment_refused" : "reconcile_waits", {{"detail", fetched.detail}});
            why = std::move(fetched.detail);
            co_return fetched.is_refused ? Next::refused : Next::failed;
        }
        net::Wakeup pause;
        co_await pause.wait(pause.count(), std::min(Steady::now() + 1s * failures, turn.until));
        co_return Next::on;
    }
};

Reconcile::Reconcile(Parts parts, std::chrono::days grace, std::vector<std::string> webhook_urls)
    : parts_(parts), webhook_urls_(std::move(webhook_urls)), paced_(parts.api, call_gap),
      sync_(parts.database, paced_, parts.account, parts.installation, parts.tiers, grace),
      repaired_(
          "pollux_payments_repaired_total",
          "Users whose plan, or its end, was not what they had paid for, until a walk found it: the hourly one or `pollux reconcile`.")
{}

asio::awaitable<Reconcile::Progress> Reconcile::go_on(Turn turn)
{
    auto const scope = co_await parts_.account.scope(Steady::now() + call_time_max);
    if (!scope) co_return Progress{Stand::away, {}, "which account the key belongs to is not known yet"};
    Going going{.reconcile = *this, .turn = turn, .scope = *scope, .store = WalkStore(parts_.database, *scope, turn.holder)};
    co_return co_await going.go();
}

asio::awaitable<bool> Reconcile::is_of_another_key(Steady::time_point deadline)
{
    auto const scope = co_await parts_.account.scope(deadline);
    if (!scope) co_return false;
    bool const counts = co_await parts_.account.is_in_force(*scope);
    co_return !counts;
}

asio::awaitable<bool> Reconcile::ask(WalkReach reach, Steady::time_point deadline)
{
    auto const scope = co_await parts_.account.scope(deadline);
    if (!scope) co_return false;
    WalkStore store(parts_.database, *scope, {});
    co_await store.ask(reach);
    co_return true;
}

namespace {

// May run twice: it goes on where the other one is, and what it fetches is fetched as well twice as once.
asio::awaitable<TaskOutcome> reconcile_hourly(TaskRun& run, Reconcile& reconcile)
{
    // A process with a key of before must not take the hour's walk from those that have the one that counts. One that has just been started
    // puts its own in force within moments.
    bool const is_others = co_await reconcile.is_of_another_key(run.deadline());
    if (is_others) co_return TaskOutcome::wait("It is of another account, or mode, than the configured key.", 5s);
    // The last step may take as long as a batch.
    auto const until = run.deadline() - 2 * batch_time_max;
    auto const progress = co_await reconcile.go_on({random_token(), until, [&run] { return run.is_to_end(); }});
    switch (progress.stand) {
    case Reconcile::Stand::done: co_return TaskOutcome::done();
    case Reconcile::Stand::working: co_return TaskOutcome::hand_back();
    case Reconcile::Stand::elsewhere: co_return TaskOutcome::retry("Another process walks.", 15s);
    case Reconcile::Stand::refused: co_return TaskOutcome::retry(provider_refuses);
    case Reconcile::Stand::away: break;
    }
    co_return TaskOutcome::retry(provider_away);
}

} // namespace

void add_reconcile_kind(tasks::TaskKinds& kinds, Reconcile& reconcile)
{
    // In turns of a minute and a half, so that its hand is soon free for others when there are many.
    kinds.add({.name = reconcile_task,
               .lane = tasks::Lane::stripe,
               .time_max = 110s,
               .limits = {.attempts_max = 500, .back_off = 10s},
               .every = 1h,
               .work = [&](TaskRun& run) { return reconcile_hourly(run, reconcile); }});
}

} // namespace pollux::billing
