// The one thread that writes. Units queue up while it waits for the disk; what queued up is the next group. While groups are large it
// also waits a moment for the callers that the last COMMIT has just freed, since a few more units for the same fsync cost nothing.
//
// A caller is resumed on its own executor, by post, after COMMIT.
#pragma once

#include "db/sqlite/group_commit.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace pollux::db::sqlite {

struct WriterLimits {
    std::size_t waiting_max = 20'000; // Units in the queue; one more is refused with Unavailable.
    std::size_t group_max = 512;      // Units in one COMMIT: bounds how long the first of them waits.
    std::chrono::microseconds gather_max{300};
    int wal_pages_max = 1'000; // The log is moved into the file when a COMMIT leaves it longer.
};

struct WriterCounters {
    std::uint64_t groups = 0;
    std::uint64_t units = 0;
    std::uint64_t rolled_back = 0; // Of these units; all of a group whose COMMIT failed.
    std::uint64_t last_group = 0;
    std::uint64_t largest_group = 0;
    std::uint64_t waiting = 0;
};

class Writer {
public:
    Writer(Connection connection, WriterLimits limits);
    ~Writer(); // As close().

    // Returns when the unit is durable, or was rolled back because it said so; throws its failure. The unit must live until then, and
    // so must the caller's io_context. Throws Unavailable when the queue is full or closed. Not to be cancelled.
    asio::awaitable<void> perform(Unit& unit);

    // What waits is still done; then the thread ends. Blocks; may be repeated.
    void close();

    WriterCounters counters() const;

private:
    struct Waiter;

    void push(Waiter& waiter);
    static void answer(Waiter& waiter);
    void work();
    bool take_group();
    bool wait_for(std::unique_lock<std::mutex>& lock, std::size_t units, std::chrono::steady_clock::time_point until);
    void commit_taken();

    Connection connection_;
    WriterLimits const limits_;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Waiter*> waiting_;
    std::size_t awaited_; // The writer sleeps until so many wait.
    bool closing_ = false;
    WriterCounters counters_;

    // The thread's own.
    asio::io_context loop_{1};
    std::vector<Waiter*> taken_;
    std::vector<Unit*> group_;
    std::thread thread_;
};

} // namespace pollux::db::sqlite
