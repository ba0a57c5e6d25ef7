#include "bus/redis_job_wake_up.hpp"

#include "ops/failure.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::bus {
namespace {

using std::chrono::milliseconds;

constexpr char const* list = "pollux:jobs:reply";
constexpr int kept_max = 64;
constexpr int redis_waits_s = 1;
constexpr milliseconds answer_max{2'000}; // Of a BRPOP that waits for redis_waits_s.
constexpr milliseconds busy_pause{50};    // While every hand is taken: another process should have the wake-up.
constexpr milliseconds outage_pause{1'000};
constexpr std::chrono::seconds stop_max{2};

} // namespace

RedisJobWakeUp::RedisJobWakeUp(redis::Client& client)
    : client_(client), executor_(client.runtime().next_executor()), connection_(executor_, client.server(), client.watch()),
      pause_(executor_), tasks_(ops::must_not_fail)
{}

void RedisJobWakeUp::announce(int jobs)
{
    std::string commands;
    auto const count = std::clamp(jobs, 1, kept_max);
    for (int index = 0; index < count; ++index) redis::append_command(commands, {"LPUSH", list, "1"});
    redis::append_command(commands, {"LTRIM", list, 0, kept_max - 1});
    client_.send(std::move(commands), static_cast<std::size_t>(count) + 1);
}

void RedisJobWakeUp::listen(std::function<bool()> has_hands, std::function<void()> wake)
{
    has_hands_ = std::move(has_hands);
    wake_ = std::move(wake);
    tasks_.spawn(executor_, take_wake_ups());
}

void RedisJobWakeUp::stop()
{
    is_stopping_ = true;
    tasks_.spawn(executor_, close()); // A task like the other: what is waited for outlives none of them.
    tasks_.wait(stop_max);
}

asio::awaitable<void> RedisJobWakeUp::close()
{
    connection_.close();
    pause_.cancel();
    co_return;
}

asio::awaitable<void> RedisJobWakeUp::take_wake_ups()
{
    while (!is_stopping_) {
        std::optional<redis::Reply> taken;
        bool const could_take = has_hands_();
        if (could_take) taken = co_await connection_.call(redis::command({"BRPOP", list, redis_waits_s}), answer_max);
        if (is_stopping_) co_return;
        bool const is_answered = taken && !taken->is_error();
        bool const was_told = is_answered && taken->kind == redis::Reply::Kind::list;
        if (was_told && !has_hands_()) announce(1); // The last hand went meanwhile: this one is for another process.
        if (was_told) wake_();
        if (is_answered) continue;
        pause_.expires_after(could_take ? outage_pause : busy_pause);
        boost::system::error_code woken;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

} // namespace pollux::bus
