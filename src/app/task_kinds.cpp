#include "app/task_kinds.hpp"

#include "accounts/accounts_service.hpp"
#include "audit/audit.hpp"
#include "billing/left_behind.hpp"
#include "billing/payments/event_store.hpp"
#include "billing/tier_store.hpp"
#include "billing/usage_roll_up.hpp"
#include "chat/streams/reply_parts_store.hpp"
#include "idempotency/idempotency.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

namespace pollux::app {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::int64_t piece_rows = 1'000; // Of one transaction: other writers wait for no more than these.
constexpr std::chrono::days dead_kept{30};

// Deletes what is out of date. It may run twice: whatever one run has deleted, another does not find.
asio::awaitable<TaskOutcome> clean_up(TaskRun& run, db::Database& database, Clock const& clock, accounts::AccountsService& accounts,
                                      tasks::TaskKinds const& kinds)
{
    co_await accounts.delete_stale();
    chat::ReplyPartsStore parts(database);
    co_await parts.delete_stale();
    for (auto forgotten = piece_rows; forgotten == piece_rows && !run.is_to_end();) {
        forgotten = co_await idempotency::forget_old_keys(database, clock.now());
    }
    for (auto forgotten = piece_rows; forgotten == piece_rows && !run.is_to_end();) {
        forgotten = co_await billing::forget_left(database);
    }
    for (auto forgotten = piece_rows; forgotten >= piece_rows && !run.is_to_end();) forgotten = co_await audit::forget_old(database);
    billing::EventStore events(database);
    for (auto forgotten = piece_rows; forgotten >= piece_rows && !run.is_to_end();) forgotten = co_await events.forget_old();
    for (auto forgotten = piece_rows; forgotten == piece_rows && !run.is_to_end();) {
        forgotten = co_await billing::TierStore::forget_ended(database);
    }
    tasks::TaskStore store(database);
    auto const names = kinds.names_json([](auto const& kind) { return kind.duty == tasks::Duty::usual; });
    for (auto forgotten = piece_rows; forgotten == piece_rows && !run.is_to_end();) {
        forgotten = co_await store.forget_dead(names, dead_kept);
    }
    co_return run.is_to_end() ? TaskOutcome::hand_back() : TaskOutcome::done();
}

// It may run twice: see roll_up_some().
asio::awaitable<TaskOutcome> usage_roll_up(TaskRun& run, db::Database& database, Clock const& clock)
{
    for (std::int64_t added = 1; added > 0;) {
        if (run.is_to_end()) co_return TaskOutcome::hand_back();
        added = co_await billing::roll_up_some(database, day_of(clock.now()), piece_rows);
    }
    co_return TaskOutcome::done();
}

} // namespace

void add_task_kinds(tasks::TaskKinds& kinds, db::Database& database, Clock const& clock, accounts::AccountsService& accounts)
{
    using namespace std::chrono_literals;
    kinds.add({.name = "clean_up", .lane = tasks::Lane::heavy, .time_max = 300s, .every = 10min, .work = [&](TaskRun& run) {
                   return clean_up(run, database, clock, accounts, kinds);
               }});
    kinds.add({.name = "usage_roll_up", .lane = tasks::Lane::heavy, .time_max = 60s, .every = 6h, .work = [&](TaskRun& run) {
                   return usage_roll_up(run, database, clock);
               }});
}

} // namespace pollux::app
