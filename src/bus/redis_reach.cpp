#include "bus/redis_reach.hpp"

#include "base/clock.hpp"
#include "ops/failure.hpp"

namespace pollux::bus {
namespace {

constexpr char const* channel = "without_redis";
constexpr std::chrono::seconds tell_every{1};
constexpr std::chrono::seconds believed_for{3}; // Two of them may be lost.
constexpr std::chrono::seconds idle_look{60};   // Longer than a change can be missed.
constexpr std::chrono::seconds stop_max{1};

Steady::rep now_ticks()
{
    return Steady::now().time_since_epoch().count();
}

} // namespace

RedisReach::RedisReach(redis::Client& client, Signals* others) : client_(client), others_(others), tasks_(ops::must_not_fail) {}

bool RedisReach::is_whole() const
{
    return client_.watch().is_up() && now_ticks() >= broken_until_;
}

void RedisReach::start(asio::any_io_executor const& executor)
{
    if (others_) {
        subscription_ = others_->subscribe(channel, [this](std::optional<std::string_view> payload) {
            if (payload) hear();
        });
    }
    tasks_.spawn(executor, tell_until_stop());
}

void RedisReach::stop()
{
    is_stopping_ = true;
    client_.watch().changed().notify();
    tasks_.wait(stop_max);
    subscription_.reset();
}

void RedisReach::hear()
{
    auto const until = (Steady::now() + believed_for).time_since_epoch().count();
    bool const is_news = broken_until_.exchange(until) <= now_ticks();
    if (!is_news) return;
    ++heard_breaks_;
    tell_of_break();
}

void RedisReach::tell_of_break()
{
    for (auto const& look_again : on_break_) look_again();
}

asio::awaitable<void> RedisReach::tell_until_stop()
{
    auto& watch = client_.watch();
    bool was_up = true;
    while (!is_stopping_) {
        auto const seen = watch.changed().count();
        bool const is_up = watch.is_up();
        if (!is_up && others_) others_->publish(channel, ""); // Heard here as well.
        if (!is_up && was_up) tell_of_break();
        was_up = is_up;
        co_await watch.changed().wait(seen, Steady::now() + (is_up ? idle_look : tell_every));
    }
}

} // namespace pollux::bus
