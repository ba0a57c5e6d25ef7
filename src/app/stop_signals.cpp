#include "app/stop_signals.hpp"

#include "ops/log.hpp"

#include <cstdlib>

#include <pthread.h>

namespace pollux::app {

StopSignals::StopSignals()
{
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // A file at its limit (ulimit -f) is a write that fails, as a full disk is.
    thread_ = std::thread([this] { listen(); });
}

StopSignals::~StopSignals()
{
    {
        std::lock_guard const lock(mutex_);
        is_ending_ = true;
    }
    pthread_kill(thread_.native_handle(), SIGTERM); // It waits for nothing else.
    thread_.join();
}

void StopSignals::listen()
{
    int signal = 0;
    sigwait(&signals_, &signal);
    std::unique_lock lock(mutex_);
    if (is_ending_) return;
    if (!is_orderly_) {
        ops::log(ops::Level::info, "stopped", {{"while", "starting"}});
        ops::flush_log();
        std::_Exit(0);
    }
    is_told_ = true;
    lock.unlock();
    told_.notify_all();
    sigwait(&signals_, &signal);
    lock.lock();
    if (is_ending_) return;
    // A second one does what signals do.
    std::signal(signal, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    lock.unlock();
    std::raise(signal);
}

void StopSignals::expect_orderly_stop()
{
    std::lock_guard const lock(mutex_);
    is_orderly_ = true;
}

void StopSignals::wait()
{
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return is_told_; });
}

} // namespace pollux::app
