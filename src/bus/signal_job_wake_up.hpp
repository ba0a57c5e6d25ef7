// Wake-ups as signals: they reach every worker, and the quickest one takes the job.
#pragma once

#include "bus/job_wake_up.hpp"
#include "bus/signals.hpp"

namespace pollux::bus {

class SignalJobWakeUp final : public JobWakeUp {
public:
    explicit SignalJobWakeUp(Signals& signals) : signals_(signals) {}

    void announce(int) override { signals_.publish(channel, ""); }
    // Told without a hand too: a worker that is claiming just now looks once more, and a busy one looks when a hand comes free.
    void listen(std::function<bool()>, std::function<void()> wake) override
    {
        subscription_ = signals_.subscribe(std::string(channel), [wake = std::move(wake)](auto const&) { wake(); });
    }
    void stop() override { subscription_.reset(); }

private:
    static constexpr std::string_view channel = "jobs";

    Signals& signals_;
    std::unique_ptr<Signals::Subscription> subscription_;
};

} // namespace pollux::bus
