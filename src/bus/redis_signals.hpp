// Signals through Redis' PUBLISH and SUBSCRIBE. This process hears itself at once and without Redis; the others hear while Redis is up. A
// channel that nobody listens to any more stays subscribed for a while, because who reads in steps comes back in a moment.
#pragma once

#include "base/steady_now.hpp"
#include "bus/signals.hpp"
#include "bus/subscribers.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

#include <deque>

namespace pollux::bus {

namespace asio = boost::asio;

class RedisSignals final : public Signals {
public:
    explicit RedisSignals(redis::Client& client);

    void start();
    void stop(); // Blocks for a moment, never on an I/O thread.

    void publish(std::string_view channel, std::string_view payload) override;
    std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) override;

    // A PUBLISH for a caller that sends it together with what it tells of, in the same call: this process hears it too, and not before
    // Redis has carried out what stands before it. Without payload.
    std::string publish_command(std::string_view channel) const;
    std::string wire_channel(std::string_view channel) const; // For scripts: PUBLISH it with `wire_payload`.
    static constexpr std::string_view wire_payload = ":";

    // To this process alone: a signal, or that everybody may have missed something.
    void tell_here(std::string_view channel) { subscribers_->deliver(channel, std::string_view()); }
    void stir_here() { subscribers_->deliver_to_all(std::nullopt); }

    bool is_up() const { return subscriber_.is_up(); }

private:
    class Entry;

    void hear(std::string_view wire_channel, std::string_view payload);
    void left(std::string channel);
    void drop_left();

    redis::Client& client_;
    std::string const prefix_; // Of every channel: one Redis may serve several databases of ours.
    std::string const sender_; // Random: a publisher puts it before the payload and knows its own by it.
    std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
    redis::Subscriber subscriber_;
    net::TaskGroup tasks_;

    struct Left {
        std::string channel;
        Steady::time_point at;
    };
    std::mutex mutex_;      // Whether a channel is wanted follows from its listeners, step by step.
    std::deque<Left> left_; // Oldest first.
};

} // namespace pollux::bus
