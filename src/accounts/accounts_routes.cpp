#include "accounts/accounts_routes.hpp"

#include "accounts/accounts_inputs.hpp"
#include "base/text.hpp"

namespace pollux::accounts {
namespace {

using http::Access;
using http::RateClass;
using http::Request;

constexpr std::size_t user_agent_characters_max = 200;
constexpr std::int64_t sessions_per_page = 50;

// What verify-otp answers: tokens for signup and login, one of the others for reset_password and confirm.
struct Verified {
    Omittable<std::string> access;
    Omittable<std::string> refresh;
    Omittable<std::string> token_type;
    Omittable<std::int64_t> expires_in; // Seconds: of the access token, or of the reset token.
    Omittable<User> user;
    Omittable<std::string> reset_token;
    Omittable<Time> confirmed_until;
};
POLLUX_DESCRIBE(Verified, (access, refresh, token_type, expires_in, user, reset_token, confirmed_until))

template <class Input>
std::optional<std::string> text_of(std::optional<Input> input)
{
    if (!input) return std::nullopt;
    return std::move(input->value);
}

CodePurpose purpose_of(Purpose purpose)
{
    switch (purpose) {
    case Purpose::signup: return CodePurpose::signup;
    case Purpose::login: return CodePurpose::login;
    case Purpose::reset_password:
    case Purpose::forgot: return CodePurpose::reset_password;
    case Purpose::confirm: return CodePurpose::confirm;
    }
    return CodePurpose::login;
}

// For the list of devices: one line, whatever the client wrote.
Device device_of(Request const& request)
{
    auto const agent = request.header("User-Agent").value_or("");
    bool const is_clean = is_utf8(agent) && !has_control_or_bidi(agent);
    return {request.peer.address, is_clean ? std::string(cut_code_points(agent, user_agent_characters_max)) : std::string()};
}

// Whom the Authorization header was once issued to, whether or not it opens anything now.
std::optional<http::Identity> shown_session(AccountsService& accounts, Request const& request)
{
    constexpr std::string_view scheme = "Bearer ";
    auto const header = request.header("Authorization").value_or("");
    if (!equals_ignoring_case(header.substr(0, scheme.size()), scheme)) return std::nullopt;
    return accounts.issued_to(trim(header.substr(scheme.size())));
}

PageOrigin origin_of(Request const& request)
{
    if (request.same_origin) return PageOrigin::own;
    return request.known_origin ? PageOrigin::known : PageOrigin::foreign;
}

Guesser guesser_of(AccountsService& accounts, Request const& request)
{
    return {request.peer, shown_session(accounts, request)};
}

SendRequest send_request(AccountsService& accounts, Request const& request, std::string mobile, CodePurpose purpose)
{
    return {.mobile = std::move(mobile),
            .purpose = purpose,
            .network_prefix = request.peer.wide_prefix,
            .peer = request.peer,
            .origin = origin_of(request),
            .identity = request.identity,
            .device = shown_session(accounts, request)};
}

asio::awaitable<Result<http::Created<SignedUp>>> sign_up(AccountsService& accounts, Request const& request, SignUp body)
{
    SignUpRequest signing{std::move(body.mobile.value), text_of(std::move(body.password)), text_of(std::move(body.name)),
                          text_of(std::move(body.email)), request.peer};
    auto user = co_await accounts.logins().sign_up(std::move(signing));
    if (!user) co_return user.error();
    co_return http::created(std::move(*user));
}

asio::awaitable<Result<CodeSent>> send_otp(AccountsService& accounts, Request const& request, SendOtp body)
{
    auto sending = send_request(accounts, request, std::move(body.mobile.value), purpose_of(body.purpose));
    co_return co_await accounts.codes().send(std::move(sending));
}

asio::awaitable<Result<CodeSent>> forgot_password(AccountsService& accounts, Request const& request, ForgotPassword body)
{
    auto sending = send_request(accounts, request, std::move(body.mobile.value), CodePurpose::reset_password);
    co_return co_await accounts.codes().send(std::move(sending));
}

asio::awaitable<Result<Verified>> verify_login(AccountsService& accounts, VerifyRequest request)
{
    auto login = co_await accounts.logins().log_in_by_code(std::move(request));
    if (!login) co_return login.error();
    Verified answer;
    answer.access.value = std::move(login->access);
    answer.refresh.value = std::move(login->refresh);
    answer.token_type.value = std::move(login->token_type);
    answer.expires_in.value = login->expires_in;
    answer.user.value = std::move(login->user);
    co_return answer;
}

asio::awaitable<Result<Verified>> verify_reset(AccountsService& accounts, VerifyRequest request)
{
    auto token = co_await accounts.logins().begin_reset(std::move(request));
    if (!token) co_return token.error();
    Verified answer;
    answer.reset_token.value = std::move(*token);
    answer.expires_in.value = reset_token_lifetime.count();
    co_return answer;
}

asio::awaitable<Result<Verified>> verify_confirm(AccountsService& accounts, VerifyRequest request)
{
    auto const until = co_await accounts.logins().confirm(std::move(request));
    if (!until) co_return until.error();
    Verified answer;
    answer.confirmed_until.value = *until;
    co_return answer;
}

asio::awaitable<Result<Verified>> verify_otp(AccountsService& accounts, Request const& request, VerifyOtp body)
{
    auto const purpose = purpose_of(body.purpose);
    bool const is_login = purpose == CodePurpose::signup || purpose == CodePurpose::login;
    if (body.password && !is_login)
        co_return invalid("password", "not_allowed", "A password goes with the purposes signup and login only.");
    if (body.signup_token && !is_login)
        co_return invalid("signup_token", "not_allowed", "A signup_token goes with the purposes signup and login only.");
    VerifyRequest verify{.mobile = std::move(body.mobile.value),
                         .purpose = purpose,
                         .code = std::move(body.code.value),
                         .challenge = text_of(std::move(body.challenge)),
                         .password = text_of(std::move(body.password)),
                         .signup_token = text_of(std::move(body.signup_token)),
                         .identity = request.identity,
                         .device = device_of(request),
                         .origin = origin_of(request),
                         .guesser = guesser_of(accounts, request)};
    if (is_login) co_return co_await verify_login(accounts, std::move(verify));
    if (purpose == CodePurpose::confirm) co_return co_await verify_confirm(accounts, std::move(verify));
    co_return co_await verify_reset(accounts, std::move(verify));
}

asio::awaitable<Result<LoggedIn>> log_in(AccountsService& accounts, Request const& request, LogIn body)
{
    auto device = device_of(request);
    auto guesser = guesser_of(accounts, request);
    co_return co_await accounts.logins().log_in_by_password(std::move(body.mobile.value), std::move(body.password.value), std::move(device),
                                                            std::move(guesser));
}

asio::awaitable<Result<LoggedIn>> log_in_by_link(AccountsService& accounts, Request const& request, LogInByLink body)
{
    auto device = device_of(request);
    co_return co_await accounts.logins().log_in_by_link(std::move(body.token.value), std::move(device));
}

template <class T>
Result<http::NoContent> no_content(Result<T> const& result)
{
    if (!result) return result.error();
    return http::NoContent{};
}

asio::awaitable<Result<http::NoContent>> reset_password(AccountsService& accounts, Request const&, ResetPassword body)
{
    auto const reset = co_await accounts.passwords().reset(std::move(body.reset_token.value), std::move(body.new_password.value));
    co_return no_content(reset);
}

asio::awaitable<Result<http::NoContent>> change_password(AccountsService& accounts, Request const& request, ChangePassword body)
{
    auto const changed =
        co_await accounts.passwords().change(request.caller(), std::move(body.old_password.value), std::move(body.new_password.value));
    co_return no_content(changed);
}

asio::awaitable<Result<Tokens>> refresh(AccountsService& accounts, Request const& request, RefreshSession body)
{
    auto device = device_of(request);
    co_return co_await accounts.sessions().refresh(std::move(body.refresh.value), std::move(device));
}

asio::awaitable<Result<http::NoContent>> log_out(AccountsService& accounts, Request const& request, LogOut body)
{
    auto const scope = body.all.value_or(false) ? LogoutScope::all_sessions : LogoutScope::this_session;
    auto const done = co_await accounts.sessions().log_out(request.caller(), scope, text_of(std::move(body.refresh)));
    co_return no_content(done);
}

asio::awaitable<Result<http::Page<SessionView>>> list_sessions(AccountsService& accounts, Request const& request,
                                                               Query<SessionsQuery> query)
{
    auto const limit = query.value.limit ? query.value.limit->value : sessions_per_page;
    auto cursor = text_of(std::move(query.value.cursor));
    auto page = co_await accounts.sessions().list(request.caller(), std::move(cursor), static_cast<int>(limit));
    if (!page) co_return page.error();
    co_return http::Page<SessionView>{std::move(page->sessions), std::move(page->next)};
}

asio::awaitable<Result<http::NoContent>> end_session(AccountsService& accounts, Request const& request)
{
    auto const session = request.path_id<SessionId>("session");
    if (!session) co_return session.error();
    auto const ended = co_await accounts.sessions().end(request.user(), *session);
    co_return no_content(ended);
}

asio::awaitable<Result<User>> me(AccountsService& accounts, Request const& request)
{
    co_return co_await accounts.profiles().me(request.user());
}

asio::awaitable<Result<User>> change_me(AccountsService& accounts, Request const& request, ChangeProfile body)
{
    ProfileChange change;
    if (body.name) {
        change.name_change = FieldChange::set;
        change.name = text_of(std::move(body.name->value));
    }
    if (body.email) {
        change.email_change = FieldChange::set;
        change.email = text_of(std::move(body.email->value));
    }
    change.custom_instructions = text_of(std::move(body.custom_instructions));
    co_return co_await accounts.profiles().change(request.user(), std::move(change));
}

asio::awaitable<Result<http::NoContent>> delete_me(AccountsService& accounts, Request const& request, DeleteAccount body)
{
    auto const removed = co_await accounts.profiles().remove(request.caller(), text_of(std::move(body.password)));
    co_return no_content(removed);
}

http::RouteOptions open_route(std::string_view id, std::string_view summary, RateClass limits, std::vector<std::string_view> errors)
{
    return {.id = id,
            .summary = summary,
            .tag = "accounts",
            .access = Access::open,
            .limits = limits,
            .body_bytes_max = 8_KiB,
            .errors = std::move(errors),
            .answers_in_few_words = true};
}

// One that honest phones behind a carrier's address need, whatever strangers behind it do.
http::RouteOptions shared_route(std::string_view id, std::string_view summary, RateClass limits, std::vector<std::string_view> errors)
{
    auto options = open_route(id, summary, limits, std::move(errors));
    options.counts_who_is_shown = true;
    return options;
}

http::RouteOptions user_route(std::string_view id, std::string_view summary, RateClass limits, std::vector<std::string_view> errors)
{
    return {.id = id,
            .summary = summary,
            .tag = "accounts",
            .access = Access::user,
            .limits = limits,
            .body_bytes_max = 32_KiB,
            .errors = std::move(errors)};
}

} // namespace

void add_accounts_routes(http::Router& router, AccountsService& accounts)
{
    router.post("/auth/signup/", sign_up, accounts,
                open_route("signUp", "Registers a mobile number.", RateClass::auth, {"mobile_taken", "too_many_signups", "busy"}));
    router.post("/auth/send-otp/", send_otp, accounts,
                shared_route("sendOtp", "Sends a one-time code.", RateClass::otp,
                             {"otp_cooldown", "otp_hourly_limit", "otp_daily_limit", "no_account", "token_missing"}));
    router.post("/auth/verify-otp/", verify_otp, accounts,
                shared_route("verifyOtp", "Takes a one-time code: logs in, or allows a reset, or confirms this session.", RateClass::auth,
                             {"invalid_code", "too_many_guesses", "token_missing", "session_ended", "foreign_origin", "busy"}));
    router.post("/auth/login/", log_in, accounts,
                open_route("logIn", "Logs in with a password.", RateClass::auth,
                           {"password_login_disabled", "wrong_credentials", "too_many_guesses", "busy"}));
    router.post("/auth/link/", log_in_by_link, accounts,
                open_route("logInByLink", "Logs in with the link that createsuperuser printed.", RateClass::auth, {"invalid_link"}));
    router.post("/auth/forgot-password/", forgot_password, accounts,
                shared_route("forgotPassword", "Sends a one-time code for a password reset.", RateClass::otp,
                             {"otp_cooldown", "otp_hourly_limit", "otp_daily_limit", "no_account"}));
    router.post("/auth/reset-password/", reset_password, accounts,
                open_route("resetPassword", "Sets a password and ends all sessions.", RateClass::auth, {"invalid_reset_token", "busy"}));
    router.post("/auth/change-password/", change_password, accounts,
                user_route("changePassword", "Changes the password and ends the other sessions.", RateClass::auth,
                           {"wrong_password", "too_many_guesses", "busy"}));
    router.post("/auth/token/refresh/", refresh, accounts,
                shared_route("refreshSession", "Gives new tokens for a refresh token.", RateClass::auth,
                             {"refresh_invalid", "refresh_expired", "refresh_reused", "session_ended"}));
    router.post("/auth/logout/", log_out, accounts, user_route("logOut", "Ends this session, or all.", RateClass::read, {}));
    router.get("/auth/sessions/", list_sessions, accounts,
               user_route("listSessions", "The devices that are logged in.", RateClass::read, {"invalid_cursor"}));
    router.del("/auth/sessions/{session}/", end_session, accounts,
               user_route("endSession", "Logs a device out.", RateClass::read, {"session_not_found"}));

    router.get("/user/me/", me, accounts, user_route("me", "The user that the token belongs to.", RateClass::read, {}));
    router.patch("/user/me/", change_me, accounts, user_route("changeMe", "Changes name, e-mail and instructions.", RateClass::read, {}));
    router.del("/user/me/", delete_me, accounts,
               user_route("deleteMe", "Deletes the account with everything in it.", RateClass::auth,
                          {"confirmation_required", "too_many_guesses", "busy"}));
    for (auto method : {"GET", "PATCH", "DELETE"}) router.alias(method, "/user/me/", "/auth/me/");
}

} // namespace pollux::accounts
