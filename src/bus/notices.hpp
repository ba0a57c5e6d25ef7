// What changed for a user, for all of their tabs and devices: at most once, kept 5 minutes or 1,000 notices a user. Published after COMMIT;
// a reader that was away for longer is told to fetch everything again.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pollux::bus {

namespace asio = boost::asio;

struct Notice {
    std::string id;   // Rises; opaque to clients.
    std::string name; // "message", "reply", "room", "room_deleted", "usage", "plan", "session_ended".
    std::string json; // One line.
};

struct NewNotice {
    std::string name;
    std::string json;
};

struct NoticeBatch {
    bool is_reset = false;       // `after` is not known any more: the reader must fetch everything again. Then `notices` may be empty.
    std::string last_id;         // What to pass as `after` next time.
    std::vector<Notice> notices; // Oldest first.
    bool is_closed = false;      // The process stops.
};

class Notices {
public:
    virtual ~Notices() = default;

    // From any thread; never waits, never throws for want of readers.
    virtual void publish(UserId user, std::string name, std::string json) = 0;

    // Several of one moment, in this order.
    virtual void publish_all(UserId user, std::vector<NewNotice> notices)
    {
        for (auto& notice : notices) publish(user, std::move(notice.name), std::move(notice.json));
    }

    // What came after `after`; empty `after` starts now. Returns at once when there is something, else at the next one or at `until`.
    virtual asio::awaitable<NoticeBatch> read(UserId user, std::string after, Steady::time_point until) = 0;

    virtual void close() = 0;
};

} // namespace pollux::bus
