// How somebody gets in: sign-up, a right code, a password.
#pragma once

#include "accounts/code_service.hpp"
#include "accounts/session_service.hpp"

namespace pollux::accounts {

struct SignUpRequest {
    std::string mobile; // As it was typed.
    std::string password;
    std::optional<std::string> name;
    std::optional<std::string> email;
};

struct VerifyRequest {
    std::string mobile; // As it was typed.
    CodePurpose purpose = CodePurpose::login;
    std::string code;
    std::optional<std::string> challenge;
    std::optional<std::string> password; // Of the sign-up, to make it count.
    std::optional<http::Identity> identity;
    Device device;
};

struct LoggedIn {
    std::string access;
    std::string refresh;
    std::string token_type;
    std::int64_t expires_in = 0; // Seconds that `access` has to live.
    User user;
};
BOOST_DESCRIBE_STRUCT(LoggedIn, (), (access, refresh, token_type, expires_in, user))

class LoginService {
public:
    LoginService(AccountsParts& parts, CodeService& codes, SessionService& sessions) : parts_(parts), codes_(codes), sessions_(sessions) {}

    // An unverified user; another sign-up of the number that nobody has verified is replaced. Errors: invalid_input, mobile_taken, busy.
    asio::awaitable<Result<User>> sign_up(SignUpRequest request);

    // For signup and login: a session. The number is verified by it, and the sign-up's password counts from now on if it came along.
    // Errors: invalid_code; invalid_input when the code is right but the password is not the sign-up's (the code can be used again).
    asio::awaitable<Result<LoggedIn>> log_in_by_code(VerifyRequest request);

    // For reset_password: the reset token, 10 minutes, once. Errors: invalid_code.
    asio::awaitable<Result<std::string>> begin_reset(VerifyRequest request);

    // For confirm: until when this session counts as confirmed. Errors: token_missing, invalid_code.
    asio::awaitable<Result<Time>> confirm(VerifyRequest request);

    // Errors: password_login_disabled, wrong_credentials, busy.
    asio::awaitable<Result<LoggedIn>> log_in_by_password(std::string mobile, std::string password, Device device);

private:
    asio::awaitable<Result<std::int64_t>> guess(VerifyRequest& request); // Puts the number into its form.
    asio::awaitable<Result<std::string>> signup_hash(std::string mobile, std::string password);
    LoggedIn logged_in(OpenedSession const& session, User user) const;

    AccountsParts& parts_;
    CodeService& codes_;
    SessionService& sessions_;
};

constexpr std::chrono::seconds reset_token_lifetime = std::chrono::minutes(10);
constexpr std::chrono::seconds confirmation_lifetime = std::chrono::minutes(30);

} // namespace pollux::accounts
