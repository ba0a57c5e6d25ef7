// What the accounts room is told by its settings; app/ fills it from Config.
#pragma once

#include "accounts/sms/stop_rule.hpp"
#include "accounts/sms/vendor.hpp"
#include "base/clock.hpp"
#include "base/sms_text.hpp"
#include "numbers/number_reader.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::accounts {

// A number with a fixed code (OTP_TEST_NUMBERS). It can never be an admin's.
struct TestNumber {
    std::string mobile; // E.164.
    std::string code;   // 6 digits.
    std::optional<Time> expires_at;
};

enum class CodeDelivery {
    none,     // The codes are made and kept, and nobody gets them.
    response, // In the answer of send-otp, unless a foreign page asked, and on the console. Debug only.
    console,  // Debug only.
};

enum class PasswordLogin { disabled, enabled };
enum class DebugMode { off, on };
enum class AddressBudgets { off, on };

// How codes get to phones.
struct SmsOptions {
    std::shared_ptr<sms::Vendor const> vendor; // Null: to none, and nothing is asked of anybody.
    CodeTextForm text;
    std::int64_t per_hour_max = 1'000;  // Over all.
    std::int64_t per_address_hour = 60; // Of strangers behind one address (IPv6: a /64), and as many wrong guesses.
    std::int64_t per_block_hour = 20;   // To numbers that were never verified.
    sms::StopRule stop_rule;            // The same.
    bool shows_dev_texts = false;       // In /dev/inbox/. Debug only.
};

struct AccountsOptions {
    DebugMode debug = DebugMode::off;
    numbers::NumberPlan numbers;
    std::vector<TestNumber> test_numbers;
    std::string admin_mobile; // E.164 (ADMIN_MOBILE); empty: none.

    AddressBudgets address_budgets = AddressBudgets::on; // Those of accounts always hold.

    CodeDelivery code_delivery = CodeDelivery::none; // Besides SMS.
    SmsOptions sms;
    std::function<void(std::string_view line)> console; // Called from any I/O thread; may be empty.

    PasswordLogin password_login = PasswordLogin::disabled;
    std::size_t password_threads = 0; // 0: half of the cores, at least one.
    std::size_t password_queue_max = 64;

    std::string secret_key;       // SECRET_KEY: every other key is derived from it.
    std::string jwt_signing_key;  // Empty: derived.
    std::string jwt_previous_key; // Empty: none. Verifies, never signs.
    std::chrono::seconds access_lifetime = std::chrono::minutes(15);
    std::chrono::seconds refresh_lifetime = std::chrono::days(30);
    std::chrono::seconds refresh_idle_max = std::chrono::days(7);
};

} // namespace pollux::accounts
