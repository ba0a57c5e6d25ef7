#include "bus/redis_signals.hpp"

#include "base/secrets.hpp"
#include "ops/failure.hpp"

namespace pollux::bus {
namespace {

constexpr std::chrono::seconds kept_subscribed{10};
constexpr std::chrono::seconds stop_max{1};

} // namespace

// The end of a subscription, then the note that its channel may be left.
class RedisSignals::Entry final : public Signals::Subscription {
public:
    Entry(RedisSignals& owner, std::string channel, std::unique_ptr<Signals::Subscription> inner)
        : owner_(owner), channel_(std::move(channel)), inner_(std::move(inner))
    {}
    Entry(Entry const&) = delete;
    Entry& operator=(Entry const&) = delete;
    ~Entry() override
    {
        inner_.reset();
        owner_.left(std::move(channel_));
    }

private:
    RedisSignals& owner_;
    std::string channel_;
    std::unique_ptr<Signals::Subscription> inner_;
};

RedisSignals::RedisSignals(redis::Client& client)
    : client_(client), prefix_("pollux:" + std::to_string(client.server().url().database) + ":"), sender_(to_hex(random_bytes(8))),
      subscriber_(client.runtime().next_executor(), client.server(), client.watch(),
                  {[this](std::string_view channel, std::string_view payload) { hear(channel, payload); },
                   [this](std::string_view channel) {
                       if (channel.starts_with(prefix_)) subscribers_->deliver(channel.substr(prefix_.size()), std::nullopt);
                   }}),
      tasks_(ops::must_not_fail)
{}

void RedisSignals::start()
{
    tasks_.spawn(subscriber_.executor(), subscriber_.run());
}

void RedisSignals::stop()
{
    tasks_.spawn(subscriber_.executor(), subscriber_.stop());
    tasks_.wait(stop_max);
}

std::string RedisSignals::wire_channel(std::string_view channel) const
{
    return prefix_ + std::string(channel);
}

std::string RedisSignals::publish_command(std::string_view channel) const
{
    return redis::command({"PUBLISH", wire_channel(channel), wire_payload});
}

void RedisSignals::publish(std::string_view channel, std::string_view payload)
{
    if (payload.size() > signal_bytes_max) return;
    client_.send(redis::command({"PUBLISH", wire_channel(channel), sender_ + ":" + std::string(payload)}));
    subscribers_->deliver(channel, payload);
}

void RedisSignals::hear(std::string_view wire_channel, std::string_view payload)
{
    auto const colon = payload.find(':');
    bool const is_ours = colon != std::string_view::npos && payload.substr(0, colon) == sender_;
    if (colon == std::string_view::npos || is_ours || !wire_channel.starts_with(prefix_)) return;
    subscribers_->deliver(wire_channel.substr(prefix_.size()), payload.substr(colon + 1));
}

std::unique_ptr<Signals::Subscription> RedisSignals::subscribe(std::string channel, Handler handler)
{
    std::lock_guard const lock(mutex_);
    drop_left();
    auto inner = subscribers_->add(channel, std::move(handler));
    subscriber_.want(wire_channel(channel));
    return std::make_unique<Entry>(*this, std::move(channel), std::move(inner));
}

void RedisSignals::left(std::string channel)
{
    std::lock_guard const lock(mutex_);
    if (subscribers_->listens(channel)) return;
    left_.push_back({std::move(channel), Steady::now()});
    drop_left();
}

void RedisSignals::drop_left()
{
    auto const now = Steady::now();
    while (!left_.empty() && now - left_.front().at >= kept_subscribed) {
        if (!subscribers_->listens(left_.front().channel)) subscriber_.drop(wire_channel(left_.front().channel));
        left_.pop_front();
    }
}

} // namespace pollux::bus
