// Counts what becomes of replies, for the operator.
#pragma once

#include "base/clock.hpp"
#include "chat/replies/reply_store.hpp"
#include "chat/rooms/message.hpp"
#include "ops/metrics.hpp"

namespace pollux::chat {

class ReplyMeter {
public:
    ReplyMeter();

    // Both from when the reply was first begun.
    void first_text(std::chrono::microseconds waited) const { first_text_.observe(waited); }
    void ended(ReplyEnd const& end, std::chrono::microseconds lasted) const;
    void put_back() const { put_back_.add(); }
    void refused() const { refused_.add(); }
    void leases_lost(std::size_t count) const { leases_lost_.add(static_cast<double>(count)); }

private:
    ops::Counter const completed_;
    ops::Counter const stopped_;
    ops::Counter const failed_;
    ops::Timing const first_text_;
    ops::Timing const lasted_;
    ops::Counter const put_back_;
    ops::Counter const refused_;
    ops::Counter const leases_lost_;
    ops::Counter const prompt_tokens_;
    ops::Counter const completion_tokens_;
    ops::Counter const thought_tokens_;
};

} // namespace pollux::chat
