// SIGTERM and SIGINT. While a process is being built it has nothing to end, whatever it waits for (PostgreSQL, a lock, the look-up of a
// name): it leaves at once. From expect_orderly_stop() on it is told, and ends in its own order; a second signal ends it at once:
// nothing that was acknowledged is lost by either.
#pragma once

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace pollux::app {

class StopSignals {
public:
    // Before any other thread is started: all of them inherit that these signals are not theirs.
    StopSignals();
    ~StopSignals();

    StopSignals(StopSignals const&) = delete;
    StopSignals& operator=(StopSignals const&) = delete;

    void expect_orderly_stop();
    void wait(); // Returns at the first signal since then.

private:
    void listen();

    sigset_t signals_{};
    std::mutex mutex_;
    std::condition_variable told_;
    bool is_orderly_ = false;
    bool is_told_ = false;
    bool is_ending_ = false;
    std::thread thread_;
};

} // namespace pollux::app
