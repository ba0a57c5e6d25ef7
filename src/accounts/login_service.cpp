#include "accounts/login_service.hpp"

#include "accounts/mobile.hpp"
#include "accounts/password_rules.hpp"
#include "accounts/reset_token.hpp"
#include "base/secrets.hpp"

namespace pollux::accounts {
namespace {

// What a login leaves behind.
struct Opened {
    User user;
    OpenedSession session;
};

asio::awaitable<Result<Opened>> log_in_unit(db::Transaction& tx, std::int64_t code_id, std::string mobile,
                                            std::optional<std::string> given_hash, Device device, Time now)
{
    bool const is_first = co_await CodeStore::use(tx, code_id, now);
    if (!is_first) co_return invalid_code();
    auto user = co_await UserStore::verify(tx, mobile, given_hash);
    if (!user) co_return invalid_code();
    auto session = co_await SessionStore::open(tx, user->id, LoginMethod::code, device, now);
    co_return Opened{std::move(*user), std::move(session)};
}

asio::awaitable<Result<Opened>> password_unit(db::Transaction& tx, UserId id, std::string hash, Device device, Time now)
{
    auto user = co_await UserStore::with_password(tx, id, hash);
    if (!user) co_return unauthenticated("wrong_credentials", "The password was changed just now.");
    auto session = co_await SessionStore::open(tx, id, LoginMethod::password, device, now);
    co_return Opened{std::move(*user), std::move(session)};
}

asio::awaitable<Result<std::string>> begin_reset_unit(db::Transaction& tx, std::int64_t code_id, std::string mobile, std::string secret,
                                                      Time now)
{
    bool const is_first = co_await CodeStore::use(tx, code_id, now);
    if (!is_first) co_return invalid_code();
    auto const user = co_await UserStore::user_of_mobile(tx, mobile);
    if (!user) co_return invalid_code();
    auto token = write_reset_token(user->id, secret);
    co_await CodeStore::add_reset_token(tx, to_base64url(sha256(token)), user->id, now + reset_token_lifetime);
    co_return token;
}

asio::awaitable<Result<Time>> confirm_unit(db::Transaction& tx, std::int64_t code_id, std::string mobile, http::Identity identity, Time now)
{
    bool const is_first = co_await CodeStore::use(tx, code_id, now);
    if (!is_first) co_return invalid_code();
    auto const user = co_await UserStore::user_of_mobile(tx, mobile);
    if (!user || user->id != identity.user) co_return invalid_code();
    auto const until = now + confirmation_lifetime;
    bool const confirmed = co_await SessionStore::confirm(tx, identity.user, identity.session, until);
    if (!confirmed) co_return unauthenticated("session_ended", "This session has ended; log in again.");
    co_return until;
}

Error mobile_taken()
{
    return conflict("mobile_taken", "This number has an account already; log in.");
}

} // namespace

asio::awaitable<Result<User>> LoginService::sign_up(SignUpRequest request)
{
    auto const mobile = normalise_mobile(request.mobile, parts_.options.numbers);
    if (!mobile) co_return mobile.error();
    auto const good = check_new_password("password", request.password);
    if (!good) co_return good.error();
    auto const taken = co_await parts_.users.by_mobile(*mobile);
    if (taken && taken->user.is_verified) co_return mobile_taken();

    auto hash = co_await parts_.passwords.hash(std::move(request.password));
    if (!hash) co_return hash.error();
    NewUser new_user{*mobile, std::move(request.name), std::move(request.email), std::move(*hash), parts_.clock.now()};
    auto user = co_await parts_.users.sign_up(std::move(new_user));
    if (!user) co_return mobile_taken(); // Verified while we computed.
    co_return std::move(*user);
}

asio::awaitable<Result<std::int64_t>> LoginService::guess(VerifyRequest& request)
{
    auto mobile = normalise_mobile(request.mobile, parts_.options.numbers);
    if (!mobile) co_return mobile.error();
    request.mobile = std::move(*mobile);
    Guess guess{request.mobile, request.purpose, request.code, request.challenge, {}};
    if (request.purpose == CodePurpose::confirm) guess.session = request.identity->session;
    co_return co_await codes_.guess(std::move(guess));
}

asio::awaitable<Result<LoggedIn>> LoginService::log_in_by_code(VerifyRequest request)
{
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    std::optional<std::string> given_hash;
    if (request.password) {
        auto hash = co_await signup_hash(request.mobile, *request.password);
        if (!hash) co_return hash.error();
        given_hash = std::move(*hash);
    }
    auto const now = parts_.clock.now();
    auto unit = [id = *code_id, mobile = request.mobile, given_hash, device = request.device, now](db::Transaction& tx) {
        return log_in_unit(tx, id, mobile, given_hash, device, now);
    };
    auto opened = co_await parts_.database.transact(unit);
    if (!opened) co_return opened.error();
    co_return logged_in(opened->session, std::move(opened->user));
}

// The kept hash that the given password matches. Only who has the right code gets here, so an answer may tell him more.
asio::awaitable<Result<std::string>> LoginService::signup_hash(std::string mobile, std::string password)
{
    auto const account = co_await parts_.users.by_mobile(mobile);
    if (!account) co_return invalid_code();
    auto const kept = account->pending_password_hash ? account->pending_password_hash : account->password_hash;
    auto const matches = co_await parts_.passwords.matches(kept, std::move(password));
    if (!matches) co_return matches.error();
    if (!*matches) {
        co_return invalid("password", "mismatch", "This is not the password of the newest sign-up; leave it out to log in without it.");
    }
    co_return *kept;
}

asio::awaitable<Result<std::string>> LoginService::begin_reset(VerifyRequest request)
{
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    auto const now = parts_.clock.now();
    auto unit = [id = *code_id, mobile = request.mobile, secret = random_token(), now](db::Transaction& tx) {
        return begin_reset_unit(tx, id, mobile, secret, now);
    };
    co_return co_await parts_.database.transact(unit);
}

asio::awaitable<Result<Time>> LoginService::confirm(VerifyRequest request)
{
    if (!request.identity) co_return unauthenticated("token_missing", "To confirm a session send its access token along.");
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    auto const now = parts_.clock.now();
    auto unit = [id = *code_id, mobile = request.mobile, identity = *request.identity, now](db::Transaction& tx) {
        return confirm_unit(tx, id, mobile, identity, now);
    };
    co_return co_await parts_.database.transact(unit);
}

asio::awaitable<Result<LoggedIn>> LoginService::log_in_by_password(std::string mobile, std::string password, Device device)
{
    if (parts_.options.password_login == PasswordLogin::disabled) {
        co_return forbidden("password_login_disabled", "Passwords open nothing here; log in with a code.");
    }
    auto const number = normalise_mobile(mobile, parts_.options.numbers);
    if (!number) co_return number.error();
    auto const account = co_await parts_.users.by_mobile(*number);
    auto const hash = account ? account->password_hash : std::nullopt;
    auto const matches = co_await parts_.passwords.matches(hash, std::move(password));
    if (!matches) co_return matches.error();
    if (!*matches) co_return unauthenticated("wrong_credentials", "The number or the password is wrong.");

    auto const now = parts_.clock.now();
    auto unit = [id = account->user.id, hash = *hash, device, now](db::Transaction& tx) {
        return password_unit(tx, id, hash, device, now);
    };
    auto opened = co_await parts_.database.transact(unit);
    if (!opened) co_return opened.error();
    co_return logged_in(opened->session, std::move(opened->user));
}

LoggedIn LoginService::logged_in(OpenedSession const& session, User user) const
{
    auto tokens = sessions_.first_tokens(session);
    return {.access = std::move(tokens.access),
            .refresh = std::move(tokens.refresh),
            .token_type = "Bearer",
            .expires_in = tokens.expires_in,
            .user = std::move(user)};
}

} // namespace pollux::accounts
