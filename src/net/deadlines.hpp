// Deadlines of one I/O thread's connections: a list and one tick for all of them, because a timer that is set and cancelled for each
// read and write costs fifty times as much (docs/performance.md). Not thread-safe: lives on one io_context. A deadline fires at most one
// tick late, never early.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <functional>

namespace pollux::net {

namespace asio = boost::asio;

class DeadlineList {
public:
    explicit DeadlineList(asio::io_context& context);

    static constexpr std::chrono::milliseconds tick{250};

    class Entry : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        explicit Entry(std::function<void()> on_expiry) : on_expiry_(std::move(on_expiry)) {}

        void disarm()
        {
            if (is_linked()) unlink();
        }
        bool has_expired() const { return has_expired_; } // Since it was last armed.

    private:
        friend class DeadlineList;
        std::function<void()> on_expiry_;
        Steady::time_point at_;
        bool has_expired_ = false;
    };

    // Calls on_expiry once, after `limit`, unless disarmed, armed again or destroyed before.
    void arm(Entry& entry, std::chrono::milliseconds limit);

    Steady::time_point now() const { return coarse_now_; } // As of the last tick or arm of an idle list.

private:
    void schedule();
    void look();

    asio::steady_timer timer_;
    Steady::time_point coarse_now_;
    bool is_ticking_ = false;
    boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>> entries_;
};

} // namespace pollux::net
