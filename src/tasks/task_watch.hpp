// How many tasks of each kind are open and dead, and how late the oldest is, for the operator. All processes on one database see the same.
#pragma once

#include "db/database.hpp"
#include "ops/metrics.hpp"
#include "tasks/task_kinds.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace pollux::tasks {

namespace asio = boost::asio;

// An outage of an hour is no reason to wake anybody: a task that is tried every ten minutes gets here in two.
constexpr std::int64_t failing_from = 20;

struct TaskFigures {
    std::int64_t open = 0;
    std::int64_t dead = 0;
    std::int64_t failing = 0;       // Of those that are open, with at least failing_from failures.
    std::int64_t oldest_due_us = 0; // For how long the oldest ready one has been due.
};

class TaskWatch {
public:
    TaskWatch(db::Database& database, TaskKinds const& kinds) : database_(database), kinds_(kinds) {}

    void start(); // Once all kinds are known: from here on they are shown.

    asio::awaitable<void> look(); // One read; called every few seconds.

    TaskFigures figures(std::string const& kind) const; // At the last look.

private:
    db::Database& database_;
    TaskKinds const& kinds_;
    mutable std::mutex mutex_;
    std::map<std::string, TaskFigures> by_kind_;
    std::vector<std::unique_ptr<ops::Gauge>> gauges_;
};

} // namespace pollux::tasks
