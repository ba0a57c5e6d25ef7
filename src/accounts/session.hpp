// Sessions: one login on one device.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"

#include <optional>
#include <string>

namespace pollux::accounts {

// Where a session is used from, as its owner sees it in their list.
struct Device {
    std::string ip;
    std::string user_agent; // One line, at most 200 characters.
};

enum class LoginMethod { code, password, link };

struct SessionView {
    SessionId id;
    Time created_at;
    Time last_used_at; // Its last refresh.
    std::string ip;
    std::string user_agent;
    bool current = false; // The session that asks.
};
POLLUX_DESCRIBE(SessionView, (id, created_at, last_used_at, ip, user_agent, current))

// A session that has just begun.
struct OpenedSession {
    UserId user;
    SessionId id;
    std::int64_t counter = 0;
    std::string seed;
};

// What a client gets at login and at every refresh.
struct Tokens {
    std::string access;
    std::string refresh;
    std::int64_t expires_in = 0; // Seconds that `access` has to live.
};

} // namespace pollux::accounts
