#include "accounts/session_service.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <limits>

namespace pollux::accounts {
namespace {

constexpr SessionId above_all{std::numeric_limits<std::int64_t>::max()};

Error refresh_invalid()
{
    return unauthenticated("refresh_invalid", "The refresh token is not one of ours; log in again.");
}

std::string cursor_of(SessionId last)
{
    return to_base64url(std::to_string(last.value));
}

std::optional<SessionId> read_cursor(std::string_view cursor)
{
    auto const text = from_base64url(cursor);
    auto const number = text ? parse_integer(*text) : std::nullopt;
    if (!number || *number <= 0) return std::nullopt;
    return SessionId{*number};
}

} // namespace

Tokens SessionService::tokens(UserId user, SessionId session, std::int64_t counter, std::string_view seed) const
{
    return {.access = parts_.access_tokens.issue({user, session}, parts_.clock.now()),
            .refresh = parts_.refresh_tokens.issue(user, session, counter, seed),
            .expires_in = parts_.access_tokens.lifetime().count()};
}

std::chrono::seconds SessionService::idle_max() const
{
    return parts_.options.refresh_idle_max;
}

Tokens SessionService::first_tokens(OpenedSession const& session) const
{
    return tokens(session.user, session.id, session.counter, session.seed);
}

// The seed never changes, so the MAC is checked before anything is written: a forged token costs one read.
asio::awaitable<std::optional<SessionService::Genuine>> SessionService::genuine(std::string refresh_token)
{
    auto token = read_refresh_token(refresh_token);
    if (!token) co_return std::nullopt;
    auto seed = co_await parts_.sessions.seed(token->user, token->session);
    if (!seed || !parts_.refresh_tokens.is_genuine(*token, *seed)) co_return std::nullopt;
    co_return Genuine{std::move(*token), std::move(*seed)};
}

asio::awaitable<Result<Tokens>> SessionService::refresh(std::string refresh_token, Device device)
{
    auto const shown = co_await genuine(std::move(refresh_token));
    if (!shown) co_return refresh_invalid();
    auto const user = shown->token.user;
    auto const session = shown->token.session;
    auto const outcome = co_await parts_.sessions.rotate(shown->token, std::move(device), parts_.clock.now());
    switch (outcome.rotation) {
    case Rotation::rotated:
    case Rotation::repeated: co_return tokens(user, session, outcome.counter, shown->seed);
    case Rotation::reused:
        parts_.announce_ended(user, {&session, 1});
        co_return unauthenticated("refresh_reused", "This refresh token was used before, so its session has been ended; log in again.");
    case Rotation::ended: co_return unauthenticated("session_ended", "This session has ended; log in again.");
    case Rotation::expired:
        co_return unauthenticated("refresh_expired", "This session is too old or was not used for too long; log in again.");
    case Rotation::unknown: break;
    }
    co_return refresh_invalid();
}

asio::awaitable<Result<SessionPage>> SessionService::list(http::Identity identity, std::optional<std::string> cursor, int count_max)
{
    auto const before = cursor ? read_cursor(*cursor) : above_all;
    if (!before) co_return malformed("invalid_cursor", "This is not a cursor that the list gave out.");
    SessionPage page;
    page.sessions = co_await parts_.sessions.list(identity.user, *before, count_max + 1, parts_.clock.now());
    if (page.sessions.size() > static_cast<std::size_t>(count_max)) {
        page.sessions.pop_back();
        page.next = cursor_of(page.sessions.back().id);
    }
    for (auto& session : page.sessions) session.current = session.id == identity.session;
    co_return page;
}

asio::awaitable<bool> SessionService::end_quietly(UserId user, SessionId session)
{
    auto const now = parts_.clock.now();
    bool const ended = co_await parts_.database.transact(
        [user, session, now](db::Transaction& transaction) { return SessionStore::end(transaction, user, session, now); });
    if (ended) parts_.announce_ended(user, {&session, 1});
    co_return ended;
}

asio::awaitable<Result<void>> SessionService::end(UserId user, SessionId session)
{
    bool const ended = co_await end_quietly(user, session);
    if (!ended) co_return not_found("session");
    co_return Result<void>();
}

asio::awaitable<Result<void>> SessionService::log_out(http::Identity identity, LogoutScope scope, std::optional<std::string> refresh_token)
{
    if (refresh_token) {
        auto const shown = co_await genuine(std::move(*refresh_token));
        if (!shown || shown->token.user != identity.user) co_return invalid("refresh", "invalid", "This is not a refresh token of yours.");
        if (shown->token.session != identity.session) co_await end_quietly(identity.user, shown->token.session);
    }
    if (scope == LogoutScope::this_session) {
        co_await end_quietly(identity.user, identity.session);
        co_return Result<void>();
    }
    auto const user = identity.user;
    auto const now = parts_.clock.now();
    auto const ended = co_await parts_.database.transact(
        [user, now](db::Transaction& transaction) { return SessionStore::end_all(transaction, user, std::nullopt, now); });
    parts_.announce_ended(user, ended);
    co_return Result<void>();
}

} // namespace pollux::accounts
