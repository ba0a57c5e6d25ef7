// Wake-ups as a short list in Redis: each is taken by one worker, which waits for it (BRPOP) on a connection of its own while it has a free
// hand. The list is capped, since a wake-up that nobody took is worth little: a worker that is woken claims all it can.
#pragma once

#include "bus/job_wake_up.hpp"
#include "redis/blocking_connection.hpp"
#include "redis/client.hpp"

namespace pollux::bus {

namespace asio = boost::asio;

class RedisJobWakeUp final : public JobWakeUp {
public:
    explicit RedisJobWakeUp(redis::Client& client);

    void announce(int jobs) override;
    void listen(std::function<bool()> has_hands, std::function<void()> wake) override;
    void stop() override;

private:
    asio::awaitable<void> take_wake_ups();
    asio::awaitable<void> close();

    redis::Client& client_;
    asio::any_io_executor executor_;
    redis::BlockingConnection connection_;
    std::function<bool()> has_hands_;
    std::function<void()> wake_;
    asio::steady_timer pause_;
    std::atomic<bool> is_stopping_ = false;
    net::TaskGroup tasks_;
};

} // namespace pollux::bus
