// The signals of one process: a published one has been handled everywhere when publish() returns. Safe from any thread.
#pragma once

#include "bus/signals.hpp"
#include "bus/subscribers.hpp"

namespace pollux::bus {

class MemorySignals final : public Signals {
public:
    void publish(std::string_view channel, std::string_view payload) override
    {
        if (payload.size() <= signal_bytes_max) subscribers_->deliver(channel, payload);
    }
    std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) override
    {
        return subscribers_->add(std::move(channel), std::move(handler));
    }

private:
    std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
};

} // namespace pollux::bus
