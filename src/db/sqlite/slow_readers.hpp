// Reads that may take long, on threads of their own with a connection each, so that they hold up no I/O thread. In WAL mode they hold up
// no writer either, but keep the log from being moved into the file, so each has its time.
#pragma once

#include "db/slow_read_limits.hpp"
#include "db/sqlite/readers.hpp"
#include "net/hand_over.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pollux::db::sqlite {

class SlowReaders {
public:
    SlowReaders(std::filesystem::path file, int cache_kib, Clock const& clock, SlowReadLimits limits);
    ~SlowReaders(); // As close().

    // Runs `read` on one of the threads and returns when it has ended; throws its failure, and Unavailable when too many wait, or when
    // it took too long. What `read` names must live until then.
    asio::awaitable<void> perform(std::function<void(Reader&)> read);

    // Those that run are ended, those that wait are refused. Blocks; may be repeated.
    void close();

private:
    struct Call;

    void push(Call& call);
    void work();
    Call* next();
    void run(Call& call, std::unique_ptr<Reader>& reader);

    std::filesystem::path const file_;
    int const cache_kib_;
    Clock const& clock_;
    SlowReadLimits const limits_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Call*> waiting_;
    std::size_t running_ = 0;
    std::atomic<bool> is_closing_ = false;
    std::vector<std::thread> threads_;
};

} // namespace pollux::db::sqlite
