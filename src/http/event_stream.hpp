// A body that is written while it comes into being: Server-Sent Events (WHATWG HTML 9.2). The session owns writing, heartbeat and
// lifetime; refusals are a Result before a stream starts.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

namespace asio = boost::asio;

class EventStream {
public:
    virtual ~EventStream() = default;

    // The next bytes, framed with append_event: one event or several. Empty at `until` when nothing came (the session then writes a
    // heartbeat comment); nullopt at the end. The session asks for more only after it has written what it got, so a slow reader
    // needs no queue: produce from state, not from a backlog.
    virtual asio::awaitable<std::optional<std::string>> next(Steady::time_point until) = 0;
};

// One event; `id` may be empty; `data` is one line (JSON).
void append_event(std::string& out, std::string_view name, std::string_view id, std::string_view data);

} // namespace pollux::http
