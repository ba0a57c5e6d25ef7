// One-time codes without I/O: what they are for, how they are made and kept, and how often they may be sent.
//
// A code is 6 uniform digits, holds 5 minutes, works once. Per code 5 guesses are compared without its challenge and 3 with it; per
// number 10 codes go out a day: so nobody gets more than 80 guesses a day at a number, a chance of 8e-5.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::accounts {

enum class CodePurpose { signup, login, reset_password, confirm };
std::string_view word_of(CodePurpose purpose); // As the database keeps it.

constexpr std::chrono::seconds code_lifetime = std::chrono::minutes(5);
constexpr int plain_guesses_max = 5;
constexpr int challenged_guesses_max = 3;

std::string random_code();
bool is_code(std::string_view text); // 6 ASCII digits.

// What a code was made for; any other use is another MAC.
struct CodeContext {
    CodePurpose purpose = CodePurpose::login;
    std::string mobile;
    std::optional<SessionId> session; // For confirm: the session that asked.
    std::string challenge_hash;
};

// What the database sees of numbers, networks and codes: MACs under keys that it does not hold. Safe from any thread.
class CodeKeys {
public:
    explicit CodeKeys(std::string_view secret_key);

    std::string mobile_key(std::string_view mobile) const;
    std::string prefix_key(std::string_view network_prefix) const;
    std::string block_key(std::string_view block) const; // Of numbers.
    std::string code_mac(CodeContext const& context, std::string_view code) const;

private:
    std::string numbers_key_;
    std::string codes_key_;
};

std::string challenge_hash(std::string_view challenge);

// The rules of sending.
constexpr std::chrono::seconds send_spacing{60};
constexpr std::size_t sends_per_prefix_hour_max = 5;
constexpr std::size_t sends_per_day_max = 10;
constexpr std::size_t resets_per_day_max = 3;
// What is left of the day is kept for a device of the account.
constexpr std::size_t stranger_sends_per_day_max = 5;
constexpr std::size_t stranger_resets_per_day_max = 2;

enum class SenderTrust {
    stranger,
    device_of_account, // Showed a session of the account, running or ended.
};

struct PastSend {
    Time at;
    std::string purpose;
    std::string prefix_key;
};

struct SendAttempt {
    Time now;
    CodePurpose purpose = CodePurpose::login;
    std::string prefix_key;
    SenderTrust trust = SenderTrust::stranger;
};

struct SendRefusal {
    std::string_view code;     // "otp_cooldown", "otp_hourly_limit", "otp_daily_limit".
    std::chrono::seconds wait; // After it this attempt would be taken.
};

// `past`: the number's sends of the last 24 hours, oldest first. The day and the hour are the last 24 hours and 60 minutes.
std::optional<SendRefusal> refuse_send(std::span<PastSend const> past, SendAttempt const& attempt);

} // namespace pollux::accounts
