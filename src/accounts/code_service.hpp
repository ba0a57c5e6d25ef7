// Sending one-time codes and taking guesses at them. Known and unknown numbers go the same way: the same statements, a row for both,
// the same answer; an unknown number's code is told to nobody and opens nothing.
#pragma once

#include "accounts/accounts_parts.hpp"
#include "accounts/code_sender.hpp"
#include "ops/metrics.hpp"

namespace pollux::accounts {

// Of the page that asks: the server's own (or no page at all), one that is known (http::Request::known_origin), or any other.
enum class PageOrigin { own, known, foreign };

struct SendRequest {
    std::string mobile; // As it was typed.
    CodePurpose purpose = CodePurpose::login;
    std::string network_prefix;
    http::Peer peer{}; // Who asks.
    PageOrigin origin = PageOrigin::own;
    std::optional<http::Identity> identity; // A valid access token came along. confirm needs it.
    std::optional<http::Identity> device;   // An access token of ours came along, however old.
};

struct CodeSent {
    std::string detail;
    std::int64_t expires_in = 0;  // Seconds.
    std::int64_t retry_after = 0; // Seconds until the next code may be asked for.
    std::string challenge;        // Gives its holder guesses of their own; 43 characters.
    Omittable<std::string> otp;   // Debug delivery only.
};
POLLUX_DESCRIBE(CodeSent, (detail, expires_in, retry_after, challenge, otp))

struct Guess {
    std::string mobile; // E.164.
    CodePurpose purpose = CodePurpose::login;
    std::string code;
    std::optional<std::string> challenge;
    std::optional<SessionId> session; // For confirm.
    PageOrigin origin = PageOrigin::own;
    http::Peer peer{};                         // Who guesses.
    std::optional<http::Identity> device = {}; // An access token of ours came along, however old.
};

Error invalid_code(); // Wrong, expired, used, unknown: one answer.

class CodeService {
public:
    CodeService(AccountsParts& parts, CodeSender& sender) : parts_(parts), sender_(sender) {}

    // Errors: invalid_input (mobile), token_missing (confirm), otp_cooldown, otp_hourly_limit, otp_daily_limit; in debug no_account.
    asio::awaitable<Result<CodeSent>> send(SendRequest request);

    // The id of the code that was guessed; it is not used up yet (CodeStore::use). The guess has been counted and is durable. Errors:
    // invalid_code, too_many_guesses.
    asio::awaitable<Result<std::int64_t>> guess(Guess guess);

private:
    struct Sending;
    struct Sent;
    asio::awaitable<Result<Sent>> send_unit(db::Transaction& transaction, Sending sending);
    asio::awaitable<SenderTrust> trust_in(db::Transaction& transaction, Sending const& sending, std::optional<User> const& user);
    asio::awaitable<Result<void>> check_limits(db::Transaction& transaction, Sending const& sending, SenderTrust trust);
    struct Guessing;
    asio::awaitable<Result<std::optional<CountedGuess>>> guess_unit(db::Transaction& transaction, Guessing guessing);
    asio::awaitable<bool> is_of_account(std::string mobile, http::Identity device);
    std::optional<std::string> fixed_code(std::string const& mobile, PageOrigin origin, Time now) const;
    bool is_fixed_code(std::string const& mobile, std::string const& code) const;
    void show_on_console(Sending const& sending, std::string const& code) const;

    AccountsParts& parts_;
    CodeSender& sender_;
    // There from the start: an alert counts from nothing to the first ones.
    ops::Counter const guesses_right_{"pollux_code_guesses_total", "Guesses at one-time codes.", {{"right", "yes"}}};
    ops::Counter const guesses_wrong_{"pollux_code_guesses_total", "Guesses at one-time codes.", {{"right", "no"}}};
};

} // namespace pollux::accounts
