// What the services of this room share. AccountsService makes it once; all of it is safe from any thread.
#pragma once

#include "accounts/access_token.hpp"
#include "accounts/accounts_options.hpp"
#include "accounts/code_store.hpp"
#include "accounts/ended_sessions.hpp"
#include "accounts/guess_budgets.hpp"
#include "accounts/link_store.hpp"
#include "accounts/one_time_code.hpp"
#include "accounts/password_pool.hpp"
#include "accounts/refresh_token.hpp"
#include "accounts/session_store.hpp"
#include "accounts/sign_up_store.hpp"
#include "accounts/user_store.hpp"
#include "bus/notices.hpp"
#include "bus/signals.hpp"

namespace pollux::accounts {

struct AccountsParts {
    AccountsParts(db::Database& database_, bus::Notices& notices_, Clock const& clock_, AccountsOptions options_);

    db::Database& database;
    bus::Notices& notices;
    Clock const& clock;
    AccountsOptions const options;

    AccessTokens const access_tokens;
    RefreshTokens const refresh_tokens;
    CodeKeys const code_keys;
    EndedSessions ended_sessions;
    PasswordPool passwords;

    UserStore users;
    SessionStore sessions;
    CodeStore codes;
    SignUpStore sign_ups;
    LinkStore links;
    GuessBudgets budgets;

    bus::Signals* signals = nullptr; // Null: there are no other processes.
    std::unique_ptr<bus::Signals::Subscription> ended_elsewhere;

    void share_ended_sessions(bus::Signals& with);

    // Whether its code never changes, today or on another day.
    bool is_test_number(std::string_view mobile) const;

    // To be called after the COMMIT that ended them: their access tokens are refused from now on, their streams and tabs are told.
    void announce_ended(UserId user, std::span<SessionId const> ended);
};

} // namespace pollux::accounts
