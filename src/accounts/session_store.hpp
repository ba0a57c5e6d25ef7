// The tables of sessions. A dead database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "accounts/refresh_token.hpp"
#include "accounts/session.hpp"
#include "db/database.hpp"

#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

// How long sessions live.
struct SessionLife {
    std::chrono::seconds lifetime_max = std::chrono::days(30);
    std::chrono::seconds idle_max = std::chrono::days(7);
};

// What became of a refresh token, its MAC being right.
enum class Rotation {
    rotated,  // The counter rose.
    repeated, // The token before the newest, within 60 s: its answer was lost, or two tabs asked at once. Nothing changed.
    reused,   // An older one: the session was ended just now.
    ended,
    expired,
    unknown, // No such session, or a counter from the future (a restored backup). Nothing changed.
};

struct RotationOutcome {
    Rotation rotation = Rotation::unknown;
    std::int64_t counter = 0; // For rotated and repeated: of the token to give.
};

class SessionStore {
public:
    SessionStore(db::Database& database, SessionLife life) : database_(database), life_(life) {}

    static asio::awaitable<OpenedSession> open(db::Transaction& transaction, UserId user, LoginMethod method, Device device, Time now);
    static asio::awaitable<bool> exists(db::Transaction& transaction, UserId user, SessionId session); // Running or ended.

    asio::awaitable<std::optional<std::string>> seed(UserId user, SessionId session);
    asio::awaitable<RotationOutcome> rotate(RefreshToken token, Device device, Time now);

    // Living ones, newest first, with ids below `before`.
    asio::awaitable<std::vector<SessionView>> list(UserId user, SessionId before, int count_max, Time now);

    asio::awaitable<std::optional<Time>> confirmed_until(UserId user, SessionId session);
    static asio::awaitable<bool> confirm(db::Transaction& transaction, UserId user, SessionId session, Time until);

    // false: it is not the user's, or had ended before.
    static asio::awaitable<bool> end(db::Transaction& transaction, UserId user, SessionId session, Time now);
    // All but `except`; those that have ended by this.
    static asio::awaitable<std::vector<SessionId>> end_all(db::Transaction& transaction, UserId user, std::optional<SessionId> except,
                                                           Time now);
    static asio::awaitable<void> erase(db::Transaction& transaction, UserId user);

    // Ended ones stay for a while: they let their device ask for codes when strangers have used up the day's.
    asio::awaitable<std::int64_t> erase_old(Time created_before, int count_max);
    asio::awaitable<std::int64_t> erase_old_ends(Time ended_before, int count_max);

private:
    asio::awaitable<RotationOutcome> rotate_unit(db::Transaction& transaction, RefreshToken token, Device device, Time now);

    db::Database& database_;
    SessionLife const life_;
};

} // namespace pollux::accounts
