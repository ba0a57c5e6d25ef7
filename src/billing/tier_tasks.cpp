#include "billing/tier_tasks.hpp"

#include "ops/log.hpp"
#include "tasks/task_run.hpp"

namespace pollux::billing {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::int64_t users_at_once = 500;

// It may run twice: a tier follows from the facts, whoever looks and how often.
asio::awaitable<TaskOutcome> tier_due(TaskRun& run, Tiers& tiers)
{
    co_await tiers.look_at(run.task().user);
    co_return TaskOutcome::done();
}

// It may run twice: a notice only says that there is something to look at.
asio::awaitable<TaskOutcome> tell_plan(TaskRun& run, Tiers& tiers)
{
    tiers.tell(run.task().user);
    co_return TaskOutcome::done();
}

// It may run twice, as tier_due(). One that was cut begins again with the first user.
asio::awaitable<TaskOutcome> tier_sweep(TaskRun& run, Tiers& tiers)
{
    Tiers::Swept swept{};
    std::int64_t changed = 0;
    while (!swept.is_over) {
        if (run.is_to_end()) co_return TaskOutcome::hand_back();
        swept = co_await tiers.sweep(swept.last, users_at_once);
        changed += swept.changed;
    }
    if (changed > 0) ops::log(ops::Level::info, "tiers_mended", {{"users", changed}});
    co_return TaskOutcome::done();
}

} // namespace

void add_tier_kinds(tasks::TaskKinds& kinds, Tiers& tiers)
{
    using namespace std::chrono_literals;
    // A lane of their own, which every server has: they wait for no provider, and for none of the tasks that do.
    tasks::TaskLimits const limits{.attempts_max = 20, .back_off = 2s};
    kinds.add(
        {.name = tier_due_task, .lane = tasks::Lane::plans, .limits = limits, .work = [&](TaskRun& run) { return tier_due(run, tiers); }});
    kinds.add({.name = tell_plan_task, .lane = tasks::Lane::plans, .limits = limits, .work = [&](TaskRun& run) {
                   return tell_plan(run, tiers);
               }});
    // Long enough for ten millions who have something: one that is cut has to begin again, so that it sees what came into force meanwhile.
    kinds.add({.name = tier_sweep_task, .lane = tasks::Lane::heavy, .time_max = 3'000s, .every = 1h, .work = [&](TaskRun& run) {
                   return tier_sweep(run, tiers);
               }});
}

} // namespace pollux::billing
