// Claims tasks and runs them: so many of each lane at once, spread over the runtime's threads. A claim holds for 20 s and is renewed every
// 5 s; every 2 s it looks for what nobody told it of: tasks that are due, leases that ended, periods that began.
#pragma once

#include "net/runtime.hpp"
#include "net/wakeup.hpp"
#include "tasks/seal.hpp"
#include "tasks/task_kinds.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

namespace pollux::tasks {

class TaskRunner {
public:
    enum class AtStart {
        recover_all, // Nobody else can be running: every open lease is of a process that is gone. (The embedded database's lock.)
        wait_for_leases,
    };
    struct Options {
        std::set<Lane> lanes{Lane::sms, Lane::stripe, Lane::plans, Lane::heavy, Lane::light};
        AtStart at_start = AtStart::recover_all;
        std::chrono::milliseconds scan_every{2'000};
        std::chrono::milliseconds renew_every{5'000};
    };

    // What it is given must outlive the runtime's threads; `kinds` is complete before start().
    TaskRunner(db::Database& database, net::Runtime& runtime, TaskKinds const& kinds, Seal seal, Options options);

    void start();

    void begin_stop(); // Nothing new is claimed, and what runs is told to end.
    // After begin_stop(): what has not ended within `limit` is handed back, but for what is held (TaskRun), which gets hold_max more; what
    // is held even then stays claimed until its lease runs out. Blocks, never on an I/O thread. Once.
    void end_stop(std::chrono::milliseconds limit);

    // There may be a task of this kind to claim. From any thread.
    void wake(std::string_view kind);

    std::size_t running() const;

private:
    using Running = std::shared_ptr<TaskRun>;

    asio::awaitable<void> claim_loop();
    asio::awaitable<void> lease_loop();
    asio::awaitable<void> look_around();
    asio::awaitable<void> scan();
    asio::awaitable<void> take_back_lost(TaskStore::Which which);
    asio::awaitable<void> claim_lane(Lane lane);
    asio::awaitable<void> renew_leases();
    asio::awaitable<void> hand_back_all();
    void wait_for_held();

    asio::awaitable<void> run(TaskKind const* kind, Running running, bool is_readable);
    asio::awaitable<TaskOutcome> outcome_of(TaskKind const* kind, Running running);
    asio::awaitable<void> keep_end(TaskKind const* kind, Task const& task, TaskOutcome outcome);

    bool open_payload(Task& task) const; // False: it cannot be.
    std::string kinds_json(Lane lane) const;
    std::size_t free_hands(Lane lane) const;
    std::vector<Running> all_running() const;

    net::Runtime& runtime_;
    TaskKinds const& kinds_;
    Seal const seal_;
    Options const options_;
    std::string const owner_;
    TaskStore store_;
    std::string my_kinds_;   // Of its lanes, as JSON.
    std::string my_periods_; // The same.
    net::TaskGroup loops_;
    net::TaskGroup working_;
    net::Wakeup work_;
    net::Wakeup renewal_;

    std::atomic<bool> is_stopping_ = false;
    std::atomic<bool> stops_renewing_ = false;
    mutable std::mutex mutex_;
    std::condition_variable one_ended_;
    std::set<Lane> woken_;                              // Lanes to claim for.
    std::map<Lane, std::size_t> busy_;                  // Hands taken.
    std::unordered_map<std::int64_t, Running> running_; // By the task's id.

    // Of the claim loop only.
    bool has_recovered_ = false;
    Steady::time_point next_scan_{};
};

} // namespace pollux::tasks
