// The accounts room as the rest of the program sees it: users, one-time codes, sessions, passwords. It keeps the database as its only
// state; what is in memory (ended sessions) is read from it. Safe from any thread.
//
// app/ must: call poll_ended_sessions() before serving and then every 2 s, delete_stale() about once an hour, add the other rooms'
// erasers before serving, and destroy this after the I/O threads have stopped and before their io_contexts go.
#pragma once

#include "accounts/code_service.hpp"
#include "accounts/login_service.hpp"
#include "accounts/password_service.hpp"
#include "accounts/profile_service.hpp"
#include "accounts/session_service.hpp"

#include <functional>

namespace pollux::accounts {

class AccountsService {
public:
    AccountsService(db::Database& database, bus::Notices& notices, Clock const& clock, AccountsOptions options);

    CodeService& codes() { return codes_; }
    CodeSender& code_sender() { return sender_; }
    LoginService& logins() { return logins_; }
    SessionService& sessions() { return sessions_; }
    PasswordService& passwords() { return passwords_; }
    ProfileService& profiles() { return profiles_; }

    // Says whom a bearer token speaks for, without the database. Errors: token_invalid, token_expired, session_ended. Valid as long
    // as this object is.
    std::function<Result<http::Identity>(std::string_view bearer)> authenticator();

    // Whether it was ended before its tokens expired, as far as this node knows.
    bool is_session_ended(SessionId session) const { return parts_.ended_sessions.contains(session); }

    // Whom this access token was issued to, expired or of an ended session though it may be.
    std::optional<http::Identity> issued_to(std::string_view bearer) const { return parts_.access_tokens.issued_to(bearer); }

    // What the chat room needs of a user; nullopt when the user was deleted.
    asio::awaitable<std::optional<UserBrief>> user_brief(UserId user) { return parts_.users.brief(user); }

    // The verified account of a number, as somebody types it. Errors: invalid_input (mobile), user_not_found.
    asio::awaitable<Result<User>> account_of(std::string mobile);

    // The last of a user who was let go: what refers to their row must be gone.
    static asio::awaitable<void> erase_rest(db::Transaction& transaction, UserId user);

    void add_eraser(Eraser eraser) { profiles_.add_eraser(std::move(eraser)); }

    asio::awaitable<void> poll_ended_sessions();

    // From now on other processes learn of ended sessions at once, and tell of theirs. Before anything is served; `signals` outlives this.
    void share_ended_sessions(bus::Signals& signals) { parts_.share_ended_sessions(signals); }

    // Unverified accounts after 24 hours, and codes, tokens and sessions that nothing asks for any more; in small writes.
    asio::awaitable<void> delete_stale();

    // A verified admin and a link that logs them in, once. An existing account becomes one: its sessions end, and no code, token or link of
    // before opens it. Errors: invalid_input (mobile, password), test_number.
    asio::awaitable<Result<Superuser>> create_superuser(std::string mobile, std::optional<std::string> password);

private:
    AccountsParts parts_;
    CodeSender sender_{parts_};
    CodeService codes_{parts_, sender_};
    SessionService sessions_{parts_};
    PasswordGuesses guesses_{parts_};
    LoginService logins_{parts_, codes_, sessions_, guesses_};
    PasswordService passwords_{parts_, guesses_};
    ProfileService profiles_{parts_, guesses_};
};

} // namespace pollux::accounts
