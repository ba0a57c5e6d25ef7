#include "tasks/task_runner.hpp"

#include "base/failpoint.hpp"
#include "base/json.hpp"
#include "base/reason.hpp"
#include "base/secrets.hpp"
#include "ops/log.hpp"
#include "ops/metrics.hpp"

#include <algorithm>

namespace pollux::tasks {
namespace {

constexpr std::chrono::seconds after_failure{1};
constexpr std::chrono::seconds overdue_max{5}; // Over its time; then its lease is let go.
constexpr std::chrono::seconds hand_back_max{2};

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& thrown) {
        ops::log(ops::Level::error, "task_runner_failed", {{"error", reason_of(thrown)}});
    }
}

double random_share()
{
    constexpr std::uint64_t steps = 1'000'000;
    return static_cast<double>(random_below(steps)) / static_cast<double>(steps);
}

std::string_view to_text(TaskEnd end)
{
    switch (end) {
    case TaskEnd::done: return "done";
    case TaskEnd::retry: return "retry";
    case TaskEnd::give_up: return "give_up";
    case TaskEnd::hand_back: return "hand_back";
    case TaskEnd::wait: return "wait";
    case TaskEnd::lost: return "lost";
    }
    return "";
}

void count_end(std::string const& kind, TaskEnd end)
{
    ops::Counter const ends("pollux_task_runs_total", "Runs of tasks that ended, by how.",
                            {{"kind", kind}, {"end", std::string(to_text(end))}});
    ends.add();
}

void log_dead(std::string_view kind, TaskId id, std::string_view reason)
{
    ops::log(ops::Level::error, "task_dead", {{"kind", kind}, {"task_id", id.value}, {"reason", reason}});
}

} // namespace

TaskRunner::TaskRunner(db::Database& database, net::Runtime& runtime, TaskKinds const& kinds, Seal seal, Options options)
    : runtime_(runtime), kinds_(kinds), seal_(std::move(seal)), options_(std::move(options)), owner_(random_token()), store_(database),
      loops_(log_failure), working_(log_failure)
{
    has_recovered_ = options_.at_start == AtStart::wait_for_leases;
}

void TaskRunner::start()
{
    my_kinds_ = kinds_.names_json([this](TaskKind const& kind) { return options_.lanes.contains(kind.lane); });
    my_periods_ = "[";
    for (auto const& kind : kinds_.all()) {
        if (!kind.every || !options_.lanes.contains(kind.lane)) continue;
        my_periods_ += my_periods_.size() == 1 ? "{\"kind\":" : ",{\"kind\":";
        append_json_text(my_periods_, kind.name);
        my_periods_ += ",\"every_us\":";
        append_json_integer(my_periods_, std::chrono::microseconds(*kind.every).count());
        my_periods_ += '}';
    }
    my_periods_ += ']';
    if (my_kinds_ == "[]") return; // Nothing to do in these lanes.
    loops_.spawn(runtime_.next_executor(), claim_loop());
    loops_.spawn(runtime_.next_executor(), lease_loop());
}

void TaskRunner::begin_stop()
{
    is_stopping_ = true;
    work_.notify();
    for (auto const& running : all_running()) running->tell_to_end();
}

void TaskRunner::end_stop(std::chrono::milliseconds limit)
{
    if (!working_.wait(limit)) {
        net::TaskGroup handing_back(log_failure);
        handing_back.spawn(runtime_.next_executor(), hand_back_all());
        handing_back.wait(hand_back_max);
        wait_for_held();
    }
    stops_renewing_ = true;
    renewal_.notify();
    loops_.wait(hand_back_max);
}

void TaskRunner::wait_for_held()
{
    std::unique_lock lock(mutex_);
    one_ended_.wait_for(lock, hold_max,
                        [this] { return std::ranges::none_of(running_, [](auto const& running) { return running.second->is_held(); }); });
}

void TaskRunner::wake(std::string_view kind)
{
    auto const* known = kinds_.find(kind);
    if (known == nullptr || !options_.lanes.contains(known->lane)) return;
    {
        std::lock_guard const lock(mutex_);
        woken_.insert(known->lane);
    }
    work_.notify();
}

std::size_t TaskRunner::running() const
{
    std::lock_guard const lock(mutex_);
    return running_.size();
}

std::vector<TaskRunner::Running> TaskRunner::all_running() const
{
    std::lock_guard const lock(mutex_);
    std::vector<Running> all;
    for (auto const& [id, running] : running_) all.push_back(running);
    return all;
}

std::string TaskRunner::kinds_json(Lane lane) const
{
    return kinds_.names_json([lane](TaskKind const& kind) { return kind.lane == lane; });
}

std::size_t TaskRunner::free_hands(Lane lane) const
{
    std::lock_guard const lock(mutex_);
    auto const found = busy_.find(lane);
    auto const busy = found == busy_.end() ? 0 : found->second;
    return hands_of(lane) - std::min(busy, hands_of(lane));
}

// --- Claiming --------------------------------------------------------------------------------------------------------------------

asio::awaitable<void> TaskRunner::claim_loop()
{
    while (!is_stopping_) {
        auto const seen = work_.count();
        auto until = Steady::now() + after_failure;
        try {
            co_await look_around();
            until = next_scan_;
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "task_claim_failed", {{"error", reason_of(failure)}});
        }
        co_await work_.wait(seen, until);
    }
}

asio::awaitable<void> TaskRunner::look_around()
{
    if (!has_recovered_) {
        co_await take_back_lost(TaskStore::Which::everybodys);
        has_recovered_ = true;
    }
    if (Steady::now() >= next_scan_) {
        co_await scan();
        next_scan_ = Steady::now() + options_.scan_every;
    }
    std::set<Lane> woken;
    {
        std::lock_guard const lock(mutex_);
        woken.swap(woken_);
    }
    for (auto lane : woken) co_await claim_lane(lane);
}

asio::awaitable<void> TaskRunner::scan()
{
    auto const found = co_await store_.look(my_kinds_, my_periods_);
    for (auto const& kind : found.due) wake(kind);
    for (auto const& kind : found.periods) {
        bool const is_begun = co_await store_.begin_period(kind, required(kinds_.find(kind)->every));
        if (is_begun) wake(kind);
    }
    if (!found.lost.empty()) co_await take_back_lost(TaskStore::Which::ended);
}

asio::awaitable<void> TaskRunner::take_back_lost(TaskStore::Which which)
{
    auto const leases = co_await store_.lost(my_kinds_, which);
    for (auto const& lease : leases) {
        auto const verdict = judge(TaskEnd::lost, kinds_.find(lease.kind)->limits, lease.failures, random_share());
        bool const is_taken = co_await store_.take_back(lease, verdict, which);
        if (!is_taken) continue;
        count_end(lease.kind, TaskEnd::lost);
        ops::log(ops::Level::warning, "task_lease_lost", {{"kind", lease.kind}, {"task_id", lease.id.value}});
        if (verdict.next == TaskVerdict::Next::dead) log_dead(lease.kind, lease.id, "Its processes went away.");
    }
}

asio::awaitable<void> TaskRunner::claim_lane(Lane lane)
{
    auto const hands = free_hands(lane);
    if (hands == 0 || is_stopping_) co_return; // The run that gives a hand back looks again.
    auto claimed = co_await store_.claim(owner_, kinds_json(lane), static_cast<std::int64_t>(hands));
    for (auto& task : claimed) {
        auto const* kind = kinds_.find(task.kind);
        bool const is_readable = open_payload(task);
        auto running = std::make_shared<TaskRun>(std::move(task), Steady::now() + kind->time_max);
        {
            std::lock_guard const lock(mutex_);
            ++busy_[lane];
            running_[running->task().id.value] = running;
        }
        if (is_stopping_) running->tell_to_end();
        working_.spawn(runtime_.next_executor(), run(kind, std::move(running), is_readable));
    }
}

bool TaskRunner::open_payload(Task& task) const
{
    if (!Seal::is_sealed(task.payload)) return true;
    auto opened = seal_.open(task.payload);
    bool const is_readable = opened.has_value();
    task.payload = std::move(opened).value_or(std::string());
    return is_readable;
}

// --- Running ---------------------------------------------------------------------------------------------------------------------

asio::awaitable<void> TaskRunner::run(TaskKind const* kind, Running running, bool is_readable)
{
    auto outcome = TaskOutcome::give_up("Its payload was sealed under another SECRET_KEY.");
    if (is_readable) outcome = co_await outcome_of(kind, running);
    try {
        co_await keep_end(kind, running->task(), std::move(outcome));
    } catch (std::exception const& failure) {
        // Its lease stays, runs out, and counts as lost.
        ops::log(ops::Level::error, "task_end_failed",
                 {{"kind", kind->name}, {"task_id", running->task().id.value}, {"error", reason_of(failure)}});
    }
    {
        std::lock_guard const lock(mutex_);
        --busy_[kind->lane];
        auto const found = running_.find(running->task().id.value);
        if (found != running_.end() && found->second == running) running_.erase(found);
        one_ended_.notify_all();
    }
    wake(kind->name);
}

// The end of a task: whatever goes wrong in one ends here.
asio::awaitable<TaskOutcome> TaskRunner::outcome_of(TaskKind const* kind, Running running)
{
    try {
        co_return co_await kind->work(*running);
    } catch (std::exception const& failure) {
        ops::log(ops::Level::error, "task_failed",
                 {{"kind", kind->name}, {"task_id", running->task().id.value}, {"error", reason_of(failure)}});
    }
    co_return TaskOutcome::retry("It failed in a way that nobody foresaw; the log says how.");
}

asio::awaitable<void> TaskRunner::keep_end(TaskKind const* kind, Task const& task, TaskOutcome outcome)
{
    auto const verdict = judge(outcome, kind->limits, task.failures, random_share());
    bool const is_mine = co_await store_.finish(task, verdict, outcome.reason());
    if (!is_mine) co_return; // The process that took it over ends it.
    count_end(kind->name, outcome.end());
    if (verdict.next == TaskVerdict::Next::dead) log_dead(kind->name, task.id, outcome.reason());
}

// --- Leases ----------------------------------------------------------------------------------------------------------------------

asio::awaitable<void> TaskRunner::lease_loop()
{
    while (!stops_renewing_) {
        auto const seen = renewal_.count();
        try {
            co_await renew_leases();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "task_renewal_failed", {{"error", reason_of(failure)}});
        }
        co_await renewal_.wait(seen, Steady::now() + options_.renew_every);
    }
}

asio::awaitable<void> TaskRunner::renew_leases()
{
    std::string ids = "[";
    std::vector<Running> asked;
    for (auto const& running : all_running()) {
        if (Steady::now() > running->deadline() + overdue_max) continue; // It does not watch its time: another may have it.
        if (ids.size() > 1) ids += ',';
        append_json_integer(ids, running->task().id.value);
        asked.push_back(running);
    }
    if (asked.empty()) co_return;
    auto const kept = co_await store_.renew(owner_, ids + "]");
    std::set<TaskId> const holds(kept.begin(), kept.end());
    for (auto const& running : asked) {
        if (!holds.contains(running->task().id)) running->tell_to_end();
    }
}

asio::awaitable<void> TaskRunner::hand_back_all()
{
    for (auto const& running : all_running()) {
        if (running->is_held()) continue;
        auto const& task = running->task();
        co_await keep_end(kinds_.find(task.kind), task, TaskOutcome::hand_back());
    }
}

} // namespace pollux::tasks
