// The table of tasks, for those who run them. Every write of a run names its attempt, and changes nothing when the lease was lost.
#pragma once

#include "db/database.hpp"
#include "tasks/task.hpp"
#include "tasks/task_verdict.hpp"

#include <string>
#include <vector>

namespace pollux::tasks {

namespace asio = boost::asio;

struct LostLease {
    UserId user;
    TaskId id;
    std::string kind;
    std::int64_t attempt = 0;
    std::int64_t failures = 0;
};

// What a look finds, by kind.
struct Findings {
    std::vector<std::string> due;
    std::vector<std::string> lost;
    std::vector<std::string> periods; // Not asked for yet in this one.
};

class TaskStore {
public:
    explicit TaskStore(db::Database& database) : database_(database) {}

    // `kinds` is a JSON array of names; `periods` one of {"kind", "every_us"}.
    asio::awaitable<Findings> look(std::string kinds, std::string periods);

    // The longest due first, at most `count_max`.
    asio::awaitable<std::vector<Task>> claim(std::string owner, std::string kinds, std::int64_t count_max);

    // The ids whose leases hold on, of those in the JSON array.
    asio::awaitable<std::vector<TaskId>> renew(std::string owner, std::string ids);

    // False when another one has the task by now.
    asio::awaitable<bool> finish(Task const& task, TaskVerdict verdict, std::string reason);

    // Leases that have ended; with `everybodys`, all: for a process that knows that no other runs. At most 100.
    enum class Which { ended, everybodys };
    asio::awaitable<std::vector<LostLease>> lost(std::string kinds, Which which);
    // False when it was renewed or taken back meanwhile.
    asio::awaitable<bool> take_back(LostLease lease, TaskVerdict verdict, Which which);

    // Asks for a task of nobody's, with an empty subject, unless somebody has in this period. By the database's clock.
    asio::awaitable<bool> begin_period(std::string kind, std::chrono::microseconds every);

    // Dead ones of these kinds, older than `kept`; at most 1,000. How many they were.
    asio::awaitable<std::int64_t> forget_dead(std::string kinds, std::chrono::microseconds kept);

    // A dead one is asked for again; where a twin of it is open, it is dropped. False when it is not there or not dead.
    asio::awaitable<bool> retry_dead(UserId user, TaskId id);

private:
    db::Database& database_;
};

// What was asked for on behalf of a user that is deleted and does not run, of these kinds: for the transaction that forgets the user.
asio::awaitable<void> drop_tasks_of(db::Transaction& transaction, UserId user, std::string kinds);

} // namespace pollux::tasks
