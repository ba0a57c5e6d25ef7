// Wake-ups as signals: they reach every worker, and the quickest one takes the job.
#pragma once

#include "bus/job_wake_up.hpp"
#include "bus/signals.hpp"

namespace pollux::bus {

class SignalJobWakeUp final : public JobWakeUp {
public:
    explicit SignalJobWakeUp(Signals& signals) : signals_(signals) {}

    void announce(int) override { signals_.publish(channel, ""); }
    void listen(std::function<bool()> has_hands, std::function<void()> wake) override
    {
        subscription_ = signals_.subscribe(std::string(channel), [has_hands = std::move(has_hands), wake = std::move(wake)](auto const&) {
            if (has_hands()) wake();
        });
    }
    void stop() override { subscription_.reset(); }

private:
    static constexpr std::string_view channel = "jobs";

    Signals& signals_;
    std::unique_ptr<Signals::Subscription> subscription_;
};

} // namespace pollux::bus
