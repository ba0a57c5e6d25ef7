// The notices of many processes over signals: each process keeps all of them, its own and those that others signal. Ids belong to a
// process, so a reader that goes to another is told to fetch everything again there; so is everybody when signals may have been missed, and
// a user whose notice is too long for a signal.
#pragma once

#include "bus/memory_notices.hpp"
#include "bus/signals.hpp"

namespace pollux::bus {

class SignalNotices final : public Notices {
public:
    explicit SignalNotices(Signals& signals);

    void publish(UserId user, std::string name, std::string json) override;
    asio::awaitable<NoticeBatch> read(UserId user, std::string after, Steady::time_point until) override
    {
        return here_.read(user, std::move(after), until);
    }
    void close() override { here_.close(); }

private:
    void hear(std::string_view payload);

    Signals& signals_;
    MemoryNotices here_;
    std::unique_ptr<Signals::Subscription> subscription_; // After what it fills.
};

} // namespace pollux::bus
