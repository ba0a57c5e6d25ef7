// How somebody gets in: sign-up, a right code, a password.
#pragma once

#include "accounts/code_service.hpp"
#include "accounts/password_guesses.hpp"
#include "accounts/session_service.hpp"

namespace pollux::accounts {

struct SignUpRequest {
    std::string mobile;                  // As it was typed.
    std::optional<std::string> password; // Needed while passwords open something.
    std::optional<std::string> name;
    std::optional<std::string> email;
    http::Peer peer;
};

struct VerifyRequest {
    std::string mobile; // As it was typed.
    CodePurpose purpose = CodePurpose::login;
    std::string code;
    std::optional<std::string> challenge;
    std::optional<std::string> password;     // Of the sign-up, to make it count,
    std::optional<std::string> signup_token; // or what its answer said.
    std::optional<http::Identity> identity;
    Device device;
    PageOrigin origin = PageOrigin::own;
    Guesser guesser{};
};

struct LoggedIn {
    std::string access;
    std::string refresh;
    std::string token_type;
    std::int64_t expires_in = 0; // Seconds that `access` has to live.
    User user;
};

// Which sign-up somebody with a right code has shown to be theirs; nothing: none.
struct SignUpProof {
    std::optional<std::string> token_hash;
    std::optional<std::string> older_hash; // Of the password of one at an older binary, which keeps it in the user's row.
};

class LoginService {
public:
    LoginService(AccountsParts& parts, CodeService& codes, SessionService& sessions, PasswordGuesses& guesses)
        : parts_(parts), codes_(codes), sessions_(sessions), guesses_(guesses)
    {}

    // An unverified user. What the sign-up says waits for somebody who proves that it is theirs; others of the number may wait beside it.
    // Errors: invalid_input, mobile_taken, too_many_signups (after too many of those), busy.
    asio::awaitable<Result<SignedUp>> sign_up(SignUpRequest request);

    // For signup and login: a session. The number is verified by it, and a sign-up whose password or token came along counts from now
    // on. Errors: invalid_code, too_many_guesses, foreign_origin; invalid_input when the code is right but the password is no sign-up's
    // (the code can be used again).
    asio::awaitable<Result<LoggedIn>> log_in_by_code(VerifyRequest request);

    // For reset_password: the reset token, 10 minutes, once. Errors: invalid_code, too_many_guesses.
    asio::awaitable<Result<std::string>> begin_reset(VerifyRequest request);

    // For confirm: until when this session counts as confirmed. Errors: token_missing, invalid_code, too_many_guesses.
    asio::awaitable<Result<Time>> confirm(VerifyRequest request);

    // Errors: password_login_disabled, wrong_credentials, too_many_guesses, busy.
    asio::awaitable<Result<LoggedIn>> log_in_by_password(std::string mobile, std::string password, Device device, Guesser guesser);

    // By what createsuperuser printed. Errors: invalid_link.
    asio::awaitable<Result<LoggedIn>> log_in_by_link(std::string token, Device device);

private:
    asio::awaitable<Result<std::int64_t>> guess(VerifyRequest& request); // Puts the number into its form.
    asio::awaitable<Result<bool>> is_taken(std::string mobile, http::Peer peer);
    asio::awaitable<Result<SignUpProof>> proof_of(VerifyRequest const& request);
    asio::awaitable<Result<SignUpProof>> proof_by_password(std::string mobile, std::string password);
    std::optional<std::string> admin_key(std::string const& mobile) const; // Of ADMIN_MOBILE, if it is this.
    LoggedIn logged_in(OpenedSession const& session, User user) const;

    AccountsParts& parts_;
    CodeService& codes_;
    SessionService& sessions_;
    PasswordGuesses& guesses_;
};

constexpr std::chrono::seconds reset_token_lifetime = std::chrono::minutes(10);
constexpr std::chrono::seconds confirmation_lifetime = std::chrono::minutes(30);

} // namespace pollux::accounts
