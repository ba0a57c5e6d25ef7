#include "tasks/task_watch.hpp"

#include "db/columns.hpp"

namespace pollux::tasks {
namespace {

#define POLLUX_FIGURE_COLUMNS                                                                                                              \
    "kind, count(*) filter (where state <> 'dead'), count(*) filter (where state = 'dead'), "                                              \
    "count(*) filter (where state <> 'dead' and failures >= $1), "                                                                         \
    "max(case when state = 'ready' and due_at < now_us() then now_us() - due_at else 0 end)"
namespace column {
enum : std::size_t { kind, open, dead, failing, oldest_due_us, count };
}
static_assert(db::columns_in(POLLUX_FIGURE_COLUMNS) == column::count);

constexpr db::Sql figures_scan_sql = "select " POLLUX_FIGURE_COLUMNS " from tasks group by kind";

} // namespace

void TaskWatch::start()
{
    for (auto const& kind : kinds_.all()) {
        auto const duty = kind.duty == Duty::obligation ? "obligation" : "usual";
        ops::Labels const labels{{"kind", kind.name}};
        gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_tasks_open", "Tasks that wait or run, of all processes.",
            [this, name = kind.name] { return static_cast<double>(figures(name).open); }, labels));
        gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_tasks_dead", "Tasks that failed for good and wait for an operator.",
            [this, name = kind.name] { return static_cast<double>(figures(name).dead); },
            ops::Labels{{"kind", kind.name}, {"duty", duty}}));
        gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_tasks_failing", "Tasks that failed again and again, and are tried on.",
            [this, name = kind.name] { return static_cast<double>(figures(name).failing); },
            ops::Labels{{"kind", kind.name}, {"duty", duty}}));
        gauges_.push_back(std::make_unique<ops::Gauge>(
            "pollux_tasks_oldest_due_seconds", "For how long a task that could run has been waiting.",
            [this, name = kind.name] { return static_cast<double>(figures(name).oldest_due_us) / 1e6; }, labels));
    }
}

asio::awaitable<void> TaskWatch::look()
{
    auto const rows = co_await database_.read(figures_scan_sql, failing_from);
    std::map<std::string, TaskFigures> seen;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        seen[row.text(column::kind)] = {row.integer(column::open), row.integer(column::dead), row.integer(column::failing),
                                        row.integer(column::oldest_due_us)};
    }
    std::lock_guard const lock(mutex_);
    by_kind_.swap(seen);
}

TaskFigures TaskWatch::figures(std::string const& kind) const
{
    std::lock_guard const lock(mutex_);
    auto const found = by_kind_.find(kind);
    return found == by_kind_.end() ? TaskFigures{} : found->second;
}

} // namespace pollux::tasks
