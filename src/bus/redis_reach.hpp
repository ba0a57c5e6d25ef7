// Whether every process of ours reaches Redis, as far as this one knows. Where they have another way to each other (PostgreSQL), one that
// loses Redis says so there, at once and then once a second; as long as anybody says so, all of them also use that way. So a reader beside
// a broken network, or on the wrong side of a failover, is served as well as everybody else. Thread-safe.
#pragma once

#include "bus/signals.hpp"
#include "net/runtime.hpp"
#include "redis/client.hpp"

#include <functional>
#include <vector>

namespace pollux::bus {

namespace asio = boost::asio;

class RedisReach {
public:
    // `others`: the other way. Null: this process is alone, or has none.
    explicit RedisReach(redis::Client& client, Signals* others = nullptr);

    // Called on any thread when somebody has lost Redis, here or elsewhere. Before start().
    void on_break(std::function<void()> look_again) { on_break_.push_back(std::move(look_again)); }

    void start(asio::any_io_executor const& executor);
    void stop(); // Blocks for a moment, never on an I/O thread.

    bool is_whole() const;
    // How often it broke: what was believed because of Redis before is not to be believed after.
    std::uint64_t breaks() const { return client_.losses() + heard_breaks_; }

private:
    asio::awaitable<void> tell_until_stop();
    void hear();
    void tell_of_break();

    redis::Client& client_;
    Signals* others_;
    std::vector<std::function<void()>> on_break_;
    std::atomic<Steady::rep> broken_until_{0}; // Of the steady clock, by what was heard last.
    std::atomic<std::uint64_t> heard_breaks_ = 0;
    std::atomic<bool> is_stopping_ = false;
    std::unique_ptr<Signals::Subscription> subscription_;
    net::TaskGroup tasks_;
};

} // namespace pollux::bus
