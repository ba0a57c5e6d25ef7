// The life of sessions between login and logout: refreshing, listing, ending.
#pragma once

#include "accounts/accounts_parts.hpp"

namespace pollux::accounts {

enum class LogoutScope { this_session, all_sessions };

struct SessionPage {
    std::vector<SessionView> sessions; // Newest first.
    std::optional<std::string> next;   // Cursor.
};

class SessionService {
public:
    explicit SessionService(AccountsParts& parts) : parts_(parts) {}

    // After so long without a refresh a session is over.
    std::chrono::seconds idle_max() const;

    // The first tokens of a session that was opened in a unit that is committed.
    Tokens first_tokens(OpenedSession const& session) const;

    // Errors (all unauthenticated): refresh_invalid, refresh_expired, refresh_reused (which ends the session), session_ended.
    asio::awaitable<Result<Tokens>> refresh(std::string refresh_token, Device device);

    // Malformed: invalid_cursor.
    asio::awaitable<Result<SessionPage>> list(http::Identity identity, std::optional<std::string> cursor, int count_max);

    // session_not_found when it is not the user's or has ended.
    asio::awaitable<Result<void>> end(UserId user, SessionId session);

    // A refresh token names one more session of the same user to end.
    asio::awaitable<Result<void>> log_out(http::Identity identity, LogoutScope scope, std::optional<std::string> refresh_token);

private:
    struct Genuine {
        RefreshToken token;
        std::string seed;
    };
    asio::awaitable<std::optional<Genuine>> genuine(std::string refresh_token);
    asio::awaitable<bool> end_quietly(UserId user, SessionId session);
    Tokens tokens(UserId user, SessionId session, std::int64_t counter, std::string_view seed) const;

    AccountsParts& parts_;
};

} // namespace pollux::accounts
