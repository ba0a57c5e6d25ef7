#include "accounts/login_service.hpp"

#include "accounts/known_number.hpp"
#include "accounts/password_rules.hpp"
#include "accounts/sms/sms_log_store.hpp"
#include "accounts/user_token.hpp"
#include "base/secrets.hpp"
#include "billing/left_behind.hpp"

namespace pollux::accounts {
namespace {

Error mobile_taken()
{
    return conflict("mobile_taken", "This number has an account already; log in.");
}

Error invalid_link()
{
    return malformed("invalid_link", "The link is wrong, was used before or has expired.");
}

// What a login leaves behind.
struct Opened {
    User user;
    OpenedSession session;
    std::vector<SessionId> ended; // Others that do not fit what the user is now.
};

struct CodeLogin {
    std::int64_t code_id = 0;
    std::string mobile;
    SignUpProof proof;
    std::string number_key;
    std::optional<std::string> admin_key;
    Device device;
    Time now;
};

asio::awaitable<Result<Opened>> log_in_unit(db::Transaction& transaction, CodeLogin login)
{
    bool const is_first = co_await CodeStore::use(transaction, login.code_id, login.now);
    if (!is_first) co_return invalid_code();
    auto const known = co_await UserStore::user_of_mobile(transaction, login.mobile);
    if (!known) co_return invalid_code();
    std::optional<SignUpData> proven;
    if (login.proof.token_hash) proven = co_await SignUpStore::take(transaction, known->id, *login.proof.token_hash);
    if (proven || login.proof.older_hash) co_await SignUpStore::erase(transaction, known->id); // The others were not theirs.
    auto user = co_await UserStore::verify(transaction, login.mobile, proven.value_or(SignUpData{}), login.proof.older_hash);
    if (!user) co_return invalid_code();
    co_await sms::LogStore::mark_used(transaction, login.code_id, login.now);
    co_await billing::take_up_left(transaction, user->id, login.number_key);

    Opened opened;
    if (login.admin_key && !user->is_admin) {
        user->is_admin = co_await UserStore::claim_admin(transaction, user->id, *login.admin_key, login.now);
        // Other sessions have not proven anything just now.
        if (user->is_admin) opened.ended = co_await SessionStore::end_all(transaction, user->id, std::nullopt, login.now);
    }
    opened.session = co_await SessionStore::open(transaction, user->id, LoginMethod::code, login.device, login.now);
    opened.user = std::move(*user);
    co_return opened;
}

asio::awaitable<Result<Opened>> link_unit(db::Transaction& transaction, UserToken token, Device device, Time now)
{
    bool const is_first = co_await LinkStore::use(transaction, token.user, token.hash, now);
    if (!is_first) co_return invalid_link();
    auto user = co_await UserStore::user_of_id(transaction, token.user);
    if (!user) co_return invalid_link();
    auto session = co_await SessionStore::open(transaction, token.user, LoginMethod::link, device, now);
    co_return Opened{std::move(*user), std::move(session), {}};
}

asio::awaitable<Result<Opened>> password_unit(db::Transaction& transaction, UserId id, std::string hash, Device device, Time now)
{
    auto user = co_await UserStore::with_password(transaction, id, hash);
    if (!user) co_return unauthenticated("wrong_credentials", "The password was changed just now.");
    auto session = co_await SessionStore::open(transaction, id, LoginMethod::password, device, now);
    co_return Opened{std::move(*user), std::move(session), {}};
}

struct SignUpWork {
    NewUser user;
    NewSignUp sign_up; // Without the user's id.
};

asio::awaitable<Result<User>> sign_up_unit(db::Transaction& transaction, SignUpWork work)
{
    auto user = co_await UserStore::sign_up(transaction, work.user);
    if (!user) co_return mobile_taken(); // Verified while we computed.
    work.sign_up.user = user->id;
    co_await SignUpStore::add(transaction, work.sign_up);
    co_return std::move(*user);
}

enum class Taken { no, yes, not_told };
struct TakenAnswer {
    Taken taken = Taken::no;
    std::chrono::seconds wait{0};
};

// The budget is taken before anybody looks, so that a thousand questions at once get no more answers than it allows.
asio::awaitable<TakenAnswer> taken_unit(db::Transaction& transaction, std::string mobile, std::vector<BudgetShare> shares, Time now)
{
    auto const wait = co_await GuessBudgets::take(transaction, shares, now);
    if (wait) co_return TakenAnswer{Taken::not_told, *wait};
    auto const user = co_await UserStore::user_of_mobile(transaction, mobile);
    if (user && user->is_verified) co_return TakenAnswer{Taken::yes};
    co_await GuessBudgets::give_back(transaction, shares);
    co_return TakenAnswer{Taken::no};
}

asio::awaitable<Result<std::string>> begin_reset_unit(db::Transaction& transaction, std::int64_t code_id, std::string mobile,
                                                      std::string number_key, std::string secret, Time now)
{
    bool const is_first = co_await CodeStore::use(transaction, code_id, now);
    if (!is_first) co_return invalid_code();
    auto const user = co_await UserStore::user_of_mobile(transaction, mobile);
    if (!user) co_return invalid_code();
    co_await sms::LogStore::mark_used(transaction, code_id, now);
    co_await billing::take_up_left(transaction, user->id, std::move(number_key));
    auto token = write_user_token(user->id, secret);
    co_await CodeStore::add_reset_token(transaction, to_base64url(sha256(token)), user->id, now + reset_token_lifetime);
    co_return token;
}

asio::awaitable<Result<Time>> confirm_unit(db::Transaction& transaction, std::int64_t code_id, std::string mobile, http::Identity identity,
                                           Time now)
{
    bool const is_first = co_await CodeStore::use(transaction, code_id, now);
    if (!is_first) co_return invalid_code();
    auto const user = co_await UserStore::user_of_mobile(transaction, mobile);
    if (!user || user->id != identity.user) co_return invalid_code();
    co_await sms::LogStore::mark_used(transaction, code_id, now);
    auto const until = now + confirmation_lifetime;
    bool const confirmed = co_await SessionStore::confirm(transaction, identity.user, identity.session, until);
    if (!confirmed) co_return unauthenticated("session_ended", "This session has ended; log in again.");
    co_return until;
}

} // namespace

asio::awaitable<Result<SignedUp>> LoginService::sign_up(SignUpRequest request)
{
    auto const mobile = co_await known_number(parts_.users, parts_.options.numbers, request.mobile, NumberUse::sign_up);
    if (!mobile) co_return mobile.error();
    if (!request.password && parts_.options.password_login == PasswordLogin::enabled) {
        co_return invalid("password", "required", "This field is required.");
    }
    if (request.password) {
        auto const good = check_new_password("password", *request.password, *mobile);
        if (!good) co_return good.error();
    }
    auto const taken = co_await is_taken(*mobile, request.peer);
    if (!taken) co_return taken.error();
    if (*taken) co_return mobile_taken();

    std::optional<std::string> hash;
    if (request.password) {
        auto made = co_await parts_.passwords.hash(std::move(*request.password), PasswordTurn::last);
        if (!made) co_return made.error();
        hash = std::move(*made);
    }
    auto const token = random_token();
    auto const now = parts_.clock.now();
    SignUpWork const work{.user = {*mobile, hash, now},
                          .sign_up = {.user = {},
                                      .token_hash = to_base64url(sha256(token)),
                                      .prefix_key = parts_.code_keys.prefix_key(request.peer.wide_prefix),
                                      .name = request.name,
                                      .email = request.email,
                                      .password_hash = hash,
                                      .now = now}};
    auto user = co_await parts_.database.transact([work](db::Transaction& transaction) { return sign_up_unit(transaction, work); });
    if (!user) co_return user.error();
    co_return SignedUp{.id = user->id,
                       .mobile = std::move(user->mobile),
                       .name = std::move(request.name),
                       .email = std::move(request.email),
                       .tier = std::move(user->tier),
                       .is_verified = user->is_verified,
                       .is_admin = user->is_admin,
                       .date_joined = user->date_joined,
                       .signup_token = token};
}

asio::awaitable<Result<bool>> LoginService::is_taken(std::string mobile, http::Peer peer)
{
    auto const shares = address_shares(parts_, peer, taken_per_address_hour, taken_per_network4_hour, taken_per_network6_hour);
    auto const now = parts_.clock.now();
    auto const answer = co_await parts_.database.transact(
        [mobile, shares, now](db::Transaction& transaction) { return taken_unit(transaction, mobile, shares, now); });
    if (answer.taken == Taken::not_told) {
        co_return rate_limited("too_many_signups", "Too many numbers that have accounts were signed up from here; try again later.",
                               answer.wait);
    }
    co_return answer.taken == Taken::yes;
}

asio::awaitable<Result<std::int64_t>> LoginService::guess(VerifyRequest& request)
{
    auto mobile = co_await known_number(parts_.users, parts_.options.numbers, request.mobile);
    if (!mobile) co_return mobile.error();
    request.mobile = std::move(*mobile);
    bool const is_debug = parts_.options.debug == DebugMode::on;
    if (is_debug && request.origin == PageOrigin::foreign && parts_.is_test_number(request.mobile)) {
        co_return forbidden("foreign_origin", "Everybody knows the code of this number, so only pages of this machine, and of origins that "
                                              "CORS_ALLOWED_ORIGINS names, may use it.");
    }
    Guess guess{request.mobile, request.purpose,      request.code,          request.challenge, {},
                request.origin, request.guesser.peer, request.guesser.device};
    if (request.purpose == CodePurpose::confirm && request.identity) guess.session = request.identity->session;
    co_return co_await codes_.guess(std::move(guess));
}

asio::awaitable<Result<LoggedIn>> LoginService::log_in_by_code(VerifyRequest request)
{
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    auto const proof = co_await proof_of(request);
    if (!proof) co_return proof.error();
    CodeLogin const login{.code_id = *code_id,
                          .mobile = request.mobile,
                          .proof = *proof,
                          .number_key = parts_.code_keys.mobile_key(request.mobile),
                          .admin_key = admin_key(request.mobile),
                          .device = request.device,
                          .now = parts_.clock.now()};
    auto opened = co_await parts_.database.transact([login](db::Transaction& transaction) { return log_in_unit(transaction, login); });
    if (!opened) co_return opened.error();
    parts_.announce_ended(opened->user.id, opened->ended);
    co_return logged_in(opened->session, std::move(opened->user));
}

std::optional<std::string> LoginService::admin_key(std::string const& mobile) const
{
    if (mobile != parts_.options.admin_mobile || parts_.is_test_number(mobile)) return std::nullopt;
    return parts_.code_keys.mobile_key(mobile);
}

asio::awaitable<Result<SignUpProof>> LoginService::proof_of(VerifyRequest const& request)
{
    if (request.password) co_return co_await proof_by_password(request.mobile, *request.password);
    if (request.signup_token) co_return SignUpProof{.token_hash = to_base64url(sha256(*request.signup_token)), .older_hash = {}};
    co_return SignUpProof{};
}

// Only somebody with the right code gets here, so an answer may tell them more.
asio::awaitable<Result<SignUpProof>> LoginService::proof_by_password(std::string mobile, std::string password)
{
    auto const account = co_await parts_.users.by_mobile(mobile);
    if (!account) co_return invalid_code();
    std::vector<std::pair<std::string, SignUpProof>> candidates; // By their hashes.
    bool pending_is_known = false;
    for (auto const& sign_up : co_await parts_.sign_ups.passwords(account->user.id)) {
        candidates.push_back({sign_up.password_hash, {.token_hash = sign_up.token_hash, .older_hash = {}}});
        pending_is_known = pending_is_known || sign_up.password_hash == account->pending_password_hash;
    }
    auto const& pending = account->pending_password_hash;
    if (pending && !pending_is_known) candidates.push_back({*pending, {.token_hash = {}, .older_hash = pending}});
    if (account->password_hash) candidates.push_back({*account->password_hash, {}}); // It counts already.
    for (auto const& [hash, proof] : candidates) {
        auto const matches = co_await parts_.passwords.matches(hash, password);
        if (!matches) co_return matches.error();
        if (*matches) co_return proof;
    }
    co_return invalid("password", "mismatch", "This is not the password of a sign-up of this number; leave it out to log in without it.");
}

asio::awaitable<Result<std::string>> LoginService::begin_reset(VerifyRequest request)
{
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    auto const now = parts_.clock.now();
    auto const number_key = parts_.code_keys.mobile_key(request.mobile);
    auto unit = [id = *code_id, mobile = request.mobile, number_key, secret = random_token(), now](db::Transaction& transaction) {
        return begin_reset_unit(transaction, id, mobile, number_key, secret, now);
    };
    co_return co_await parts_.database.transact(unit);
}

asio::awaitable<Result<Time>> LoginService::confirm(VerifyRequest request)
{
    if (!request.identity) co_return unauthenticated("token_missing", "To confirm a session send its access token along.");
    auto const code_id = co_await guess(request);
    if (!code_id) co_return code_id.error();
    auto const now = parts_.clock.now();
    auto unit = [id = *code_id, mobile = request.mobile, identity = *request.identity, now](db::Transaction& transaction) {
        return confirm_unit(transaction, id, mobile, identity, now);
    };
    co_return co_await parts_.database.transact(unit);
}

asio::awaitable<Result<LoggedIn>> LoginService::log_in_by_password(std::string mobile, std::string password, Device device, Guesser guesser)
{
    if (parts_.options.password_login == PasswordLogin::disabled) {
        co_return forbidden("password_login_disabled", "Passwords open nothing here; log in with a code.");
    }
    auto const number = co_await known_number(parts_.users, parts_.options.numbers, mobile);
    if (!number) co_return number.error();
    auto const account = co_await parts_.users.by_mobile(*number);
    std::optional<UserId> user;
    if (account) user = account->user.id;
    auto const guess = co_await guesses_.take(*number, user, std::move(guesser));
    if (!guess) co_return guess.error();
    auto const hash = account ? account->password_hash : std::nullopt;
    auto const matches = co_await parts_.passwords.matches(hash, std::move(password));
    if (!matches || *matches) co_await guesses_.give_back(*guess);
    if (!matches) co_return matches.error();
    if (!*matches) co_return unauthenticated("wrong_credentials", "The number or the password is wrong.");

    auto const now = parts_.clock.now();
    auto unit = [id = *user, hash = *hash, device, now](db::Transaction& transaction) {
        return password_unit(transaction, id, hash, device, now);
    };
    auto opened = co_await parts_.database.transact(unit);
    if (!opened) co_return opened.error();
    co_return logged_in(opened->session, std::move(opened->user));
}

asio::awaitable<Result<LoggedIn>> LoginService::log_in_by_link(std::string token, Device device)
{
    auto const read = read_user_token(token);
    if (!read) co_return invalid_link();
    auto const now = parts_.clock.now();
    auto opened = co_await parts_.database.transact(
        [read = *read, device, now](db::Transaction& transaction) { return link_unit(transaction, read, device, now); });
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
