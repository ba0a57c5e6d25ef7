// The client's side of a reply's events, without I/O: what to show, where to go on after a cut, and when it is over.
#pragma once

#include "net/sse_parser.hpp"

#include <cstdint>
#include <string>

namespace pollux::cli {

class ReplyView {
public:
    enum class State { running, done, failed };

    // What is to be shown now, in order.
    struct Shown {
        std::string text;         // New text of the reply.
        bool starts_anew = false; // What was shown before does not count any more; `text` is the new beginning.
        bool is_waiting = false;  // Nothing of the reply comes for now; the notice says why.
        std::string notice;       // For the person, beside the reply.
    };
    Shown take(net::SseEvent const& event);

    State state() const { return state_; }
    std::string const& last_event_id() const { return last_event_id_; } // For Last-Event-ID; empty before the first.
    std::string const& text() const { return text_; }
    std::string const& status() const { return status_; } // "completed", "stopped", "failed"; empty while it runs.

private:
    Shown finish(std::string const& data, State state);

    State state_ = State::running;
    std::string last_event_id_;
    std::string text_;
    std::string status_;
};

} // namespace pollux::cli
