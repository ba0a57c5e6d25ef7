#include "accounts/accounts_routes.hpp"

#include "accounts/accounts_answers.hpp"
#include "accounts/accounts_inputs.hpp"
#include "accounts/session_cookie.hpp"
#include "base/text.hpp"

namespace pollux::accounts {
namespace {

using http::Access;
using http::RateClass;
using http::Request;

constexpr std::size_t user_agent_characters_max = 200;
constexpr std::int64_t sessions_per_page = 50;

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

// What carries a refresh token: to the pages in their cookie, to all others in the body.
template <class Answer>
http::WithCookie<Answer> with_refresh(AccountsService& accounts, Request const& request, std::string token, Answer answer)
{
    if (is_web_client(request)) return {std::move(answer), set_cookie(request, token, accounts.sessions().idle_max())};
    answer.refresh.value = std::move(token);
    return {std::move(answer), {}};
}

http::WithCookie<answers::LoggedIn> logged_in(AccountsService& accounts, Request const& request, LoggedIn login)
{
    answers::LoggedIn answer{std::move(login.access), {}, std::move(login.token_type), login.expires_in, std::move(login.user)};
    return with_refresh(accounts, request, std::move(login.refresh), std::move(answer));
}

asio::awaitable<Result<http::WithCookie<answers::Verified>>> verify_login(AccountsService& accounts, Request const& request,
                                                                          VerifyRequest verify)
{
    auto login = co_await accounts.logins().log_in_by_code(std::move(verify));
    if (!login) co_return login.error();
    answers::Verified answer;
    answer.access.value = std::move(login->access);
    answer.token_type.value = std::move(login->token_type);
    answer.expires_in.value = login->expires_in;
    answer.user.value = std::move(login->user);
    co_return with_refresh(accounts, request, std::move(login->refresh), std::move(answer));
}

asio::awaitable<Result<http::WithCookie<answers::Verified>>> verify_reset(AccountsService& accounts, VerifyRequest verify)
{
    auto token = co_await accounts.logins().begin_reset(std::move(verify));
    if (!token) co_return token.error();
    answers::Verified answer;
    answer.reset_token.value = std::move(*token);
    answer.expires_in.value = reset_token_lifetime.count();
    co_return http::WithCookie<answers::Verified>{std::move(answer), {}};
}

asio::awaitable<Result<http::WithCookie<answers::Verified>>> verify_confirm(AccountsService& accounts, VerifyRequest verify)
{
    auto const until = co_await accounts.logins().confirm(std::move(verify));
    if (!until) co_return until.error();
    answers::Verified answer;
    answer.confirmed_until.value = *until;
    co_return http::WithCookie<answers::Verified>{std::move(answer), {}};
}

asio::awaitable<Result<http::WithCookie<answers::Verified>>> verify_otp(AccountsService& accounts, Request const& request, VerifyOtp body)
{
    if (auto const foreign = refuse_foreign_page(request)) co_return *foreign;
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
    if (is_login) co_return co_await verify_login(accounts, request, std::move(verify));
    if (purpose == CodePurpose::confirm) co_return co_await verify_confirm(accounts, std::move(verify));
    co_return co_await verify_reset(accounts, std::move(verify));
}

asio::awaitable<Result<http::WithCookie<answers::LoggedIn>>> log_in(AccountsService& accounts, Request const& request, LogIn body)
{
    if (auto const foreign = refuse_foreign_page(request)) co_return *foreign;
    auto device = device_of(request);
    auto guesser = guesser_of(accounts, request);
    auto login = co_await accounts.logins().log_in_by_password(std::move(body.mobile.value), std::move(body.password.value),
                                                               std::move(device), std::move(guesser));
    if (!login) co_return login.error();
    co_return logged_in(accounts, request, std::move(*login));
}

asio::awaitable<Result<http::WithCookie<answers::LoggedIn>>> log_in_by_link(AccountsService& accounts, Request const& request,
                                                                            LogInByLink body)
{
    if (auto const foreign = refuse_foreign_page(request)) co_return *foreign;
    auto device = device_of(request);
    auto login = co_await accounts.logins().log_in_by_link(std::move(body.token.value), std::move(device));
    if (!login) co_return login.error();
    co_return logged_in(accounts, request, std::move(*login));
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

// Of the pages the cookie counts, and nothing else: what a script may put into the body is none of theirs.
Result<std::string> refresh_token_of(Request const& request, RefreshSession body)
{
    if (!is_web_client(request)) {
        if (!body.refresh) return invalid("refresh", "required", "This field is required.");
        return std::move(body.refresh->value);
    }
    auto token = cookie_token(request);
    if (!token) return unauthenticated("refresh_invalid", "Nobody is signed in on this page; log in.");
    return std::move(*token);
}

asio::awaitable<Result<http::WithCookie<answers::Tokens>>> refresh(AccountsService& accounts, Request const& request, RefreshSession body)
{
    if (auto const foreign = refuse_foreign_page(request)) co_return *foreign;
    auto token = refresh_token_of(request, std::move(body));
    if (!token) co_return token.error();
    auto device = device_of(request);
    auto tokens = co_await accounts.sessions().refresh(std::move(*token), std::move(device));
    if (!tokens) co_return tokens.error();
    answers::Tokens answer{std::move(tokens->access), {}, tokens->expires_in};
    co_return with_refresh(accounts, request, std::move(tokens->refresh), std::move(answer));
}

// The session of the cookie ends too. Where somebody else has signed in meanwhile it is not the caller's: then it lives on, and so does the
// cookie, without which they would be signed out at their next refresh.
asio::awaitable<Result<http::WithCookie<http::NoContent>>> log_out_page(AccountsService& accounts, Request const& request,
                                                                        LogoutScope scope)
{
    auto done = co_await accounts.sessions().log_out(request.caller(), scope, cookie_token(request));
    bool const is_of_others = !done && done.error().kind() == ErrorKind::invalid;
    if (is_of_others) done = co_await accounts.sessions().log_out(request.caller(), scope, std::nullopt);
    if (!done) co_return done.error();
    if (is_of_others) co_return http::WithCookie<http::NoContent>{};
    co_return http::WithCookie<http::NoContent>{{}, clear_cookie(request)};
}

asio::awaitable<Result<http::WithCookie<http::NoContent>>> log_out(AccountsService& accounts, Request const& request, LogOut body)
{
    if (auto const foreign = refuse_foreign_page(request)) co_return *foreign;
    auto const scope = body.all.value_or(false) ? LogoutScope::all_sessions : LogoutScope::this_session;
    if (is_web_client(request)) co_return co_await log_out_page(accounts, request, scope);
    auto const done = co_await accounts.sessions().log_out(request.caller(), scope, text_of(std::move(body.refresh)));
    if (!done) co_return done.error();
    co_return http::WithCookie<http::NoContent>{};
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

// One that gives tokens or ends them: a page may ask for its cookie.
http::RouteOptions with_cookie(http::RouteOptions options)
{
    options.knows_cookies = true;
    options.errors.push_back("foreign_origin");
    return options;
}

} // namespace

void add_accounts_routes(http::Router& router, AccountsService& accounts)
{
    router.post("/auth/signup/", sign_up, accounts,
                open_route("signUp", "Sign up with a mobile number", RateClass::auth, {"mobile_taken", "too_many_signups", "busy"}));
    router.post("/auth/send-otp/", send_otp, accounts,
                shared_route("sendOtp", "Send a one-time code", RateClass::otp,
                             {"otp_cooldown", "otp_hourly_limit", "otp_daily_limit", "no_account", "token_missing"}));
    router.post("/auth/verify-otp/", verify_otp, accounts,
                with_cookie(shared_route("verifyOtp", "Check a one-time code; it logs in, allows a reset, or confirms this session",
                                         RateClass::auth, {"invalid_code", "too_many_guesses", "token_missing", "session_ended", "busy"})));
    router.post("/auth/login/", log_in, accounts,
                with_cookie(open_route("logIn", "Log in with a password", RateClass::auth,
                                       {"password_login_disabled", "wrong_credentials", "too_many_guesses", "busy"})));
    router.post("/auth/link/", log_in_by_link, accounts,
                with_cookie(open_route("logInByLink", "Log in with a link; createsuperuser prints it", RateClass::auth, {"invalid_link"})));
    router.post("/auth/forgot-password/", forgot_password, accounts,
                shared_route("forgotPassword", "Send a code for a new password", RateClass::otp,
                             {"otp_cooldown", "otp_hourly_limit", "otp_daily_limit", "no_account"}));
    router.post("/auth/reset-password/", reset_password, accounts,
                open_route("resetPassword", "Set a new password; all sessions end", RateClass::auth, {"invalid_reset_token", "busy"}));
    router.post("/auth/change-password/", change_password, accounts,
                user_route("changePassword", "Change the password; the other sessions end", RateClass::auth,
                           {"wrong_password", "too_many_guesses", "busy"}));
    // Not counted among guesses: nobody guesses a refresh token, and every page that is opened renews one, a whole office's from one
    // address.
    router.post("/auth/token/refresh/", refresh, accounts,
                with_cookie(shared_route("refreshSession", "Renew the tokens; pages have the refresh token in their cookie",
                                         RateClass::read, {"refresh_invalid", "refresh_expired", "refresh_reused", "session_ended"})));
    router.post("/auth/logout/", log_out, accounts,
                with_cookie(user_route("logOut", "Log out; this session, or all", RateClass::read, {})));
    router.get("/auth/sessions/", list_sessions, accounts,
               user_route("listSessions", "List the devices that are logged in", RateClass::read, {"invalid_cursor"}));
    router.del("/auth/sessions/{session}/", end_session, accounts,
               user_route("endSession", "Log a device out", RateClass::read, {"session_not_found"}));

    router.get("/user/me/", me, accounts,
               user_route("me", "Show your account; it is the one that the token belongs to", RateClass::read, {}));
    router.patch("/user/me/", change_me, accounts,
                 user_route("changeMe", "Change your account; its name, e-mail and instructions", RateClass::read, {}));
    router.del("/user/me/", delete_me, accounts,
               user_route("deleteMe", "Delete your account; everything in it goes with it", RateClass::auth,
                          {"confirmation_required", "too_many_guesses", "busy"}));
    for (auto method : {"GET", "PATCH", "DELETE"}) router.alias(method, "/user/me/", "/auth/me/");
}

} // namespace pollux::accounts
