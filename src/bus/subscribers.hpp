// The listeners of each channel, for the implementations of Signals. Thread-safe.
#pragma once

#include "bus/signals.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace pollux::bus {

class Subscribers : public std::enable_shared_from_this<Subscribers> {
public:
    // Subscriptions may outlive this object.
    std::unique_ptr<Signals::Subscription> add(std::string channel, Signals::Handler handler);

    void deliver(std::string_view channel, std::optional<std::string_view> payload);
    void deliver_to_all(std::optional<std::string_view> payload);

    bool listens(std::string_view channel) const;

private:
    class Entry;
    struct Listener;

    std::vector<std::shared_ptr<Listener>> listeners(std::string_view channel) const;

    mutable std::mutex mutex_;
    std::multimap<std::string, std::shared_ptr<Listener>, std::less<>> by_channel_;
};

} // namespace pollux::bus
