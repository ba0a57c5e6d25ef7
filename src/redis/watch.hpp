// What all connections of a process say together: Redis is up while every one of them is. One line in the log when it goes, one when it is
// back. Thread-safe.
#pragma once

#include "net/wakeup.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace pollux::redis {

class Link;

class Watch {
public:
    // Each connection that has to be up says so once, before it is opened for the first time.
    void expect();
    void opened(Link const& link);
    // An attempt to open that failed, or the end of what was open, with the reason.
    void failed(std::string_view reason);
    void lost(std::string_view reason);

    bool is_up() const { return is_up_; }
    // For the start of a process: blocks until Redis is up, or an attempt to reach it has failed, but never longer than `max`.
    void wait_for_first_word(std::chrono::milliseconds max);
    // Why it is not: Redis' own words where it refused, else what went wrong with the connection. Empty while it is up.
    std::string reason() const;

    std::uint64_t losses() const { return losses_; } // How often a connection that was open has ended.
    std::uint64_t refusals() const
    {
        return refusals_;
    } // How often Redis refused for its state: connections from before are worth nothing.
    void count_refusal();

    net::Wakeup& changed() { return changed_; } // Up or not.

private:
    void note_away(std::string_view reason);

    mutable std::mutex mutex_;
    std::condition_variable first_word_;
    int expected_ = 0;
    int open_ = 0;
    bool is_away_ = false;
    bool was_seen_ = false;
    std::string reason_ = "not connected yet";
    std::atomic<bool> is_up_ = false;
    std::atomic<std::uint64_t> losses_ = 0;
    std::atomic<std::uint64_t> refusals_ = 0;
    net::Wakeup changed_;
};

} // namespace pollux::redis
