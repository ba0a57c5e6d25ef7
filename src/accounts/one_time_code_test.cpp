#include "accounts/one_time_code.hpp"

#include "base/secrets.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace pollux::accounts {
namespace {

using namespace std::chrono_literals;

TEST(OneTimeCode, is_uniform_over_all_six_digit_texts)
{
    // 10^6 codes in 1000 cells by their first three digits and 1000 by their last three: chi-square with 999 degrees of freedom is
    // normal with mean 999 and deviation 44.7; 5 deviations are passed once in 3.5 million runs.
    std::array<int, 1000> first{};
    std::array<int, 1000> last{};
    for (int count = 0; count < 1'000'000; ++count) {
        auto const code = random_code();
        ASSERT_EQ(code.size(), 6u);
        auto const number = std::stoi(code);
        ++first[static_cast<std::size_t>(number / 1000)];
        ++last[static_cast<std::size_t>(number % 1000)];
    }
    for (auto const* cells : {&first, &last}) {
        double chi_square = 0;
        for (int count : *cells) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
        EXPECT_LT(chi_square, 999 + 5 * 44.7);
        EXPECT_GT(chi_square, 999 - 5 * 44.7);
    }
}

TEST(OneTimeCode, is_six_ascii_digits)
{
    for (auto text : {"000000", "123456", "999999"}) EXPECT_TRUE(is_code(text));
    for (auto text : {"", "12345", "1234567", "12345a", " 12345", "12345 ", "+12345", "-12345", "1２345", "12.456"})
        EXPECT_FALSE(is_code(text)) << text;
}

TEST(OneTimeCode, mac_belongs_to_one_use)
{
    CodeKeys const keys("secret");
    CodeContext const context{CodePurpose::login, "+11234567890", std::nullopt, "challenge"};
    std::set<std::string> macs{keys.code_mac(context, "123456")};
    auto other = [&](auto change) {
        auto changed = context;
        change(changed);
        EXPECT_TRUE(macs.insert(keys.code_mac(changed, "123456")).second);
    };
    other([](CodeContext& c) { c.purpose = CodePurpose::reset_password; });
    other([](CodeContext& c) { c.purpose = CodePurpose::confirm; });
    other([](CodeContext& c) { c.mobile = "+11234567891"; });
    other([](CodeContext& c) { c.session = SessionId{1}; });
    other([](CodeContext& c) { c.challenge_hash = "other"; });
    EXPECT_TRUE(macs.insert(keys.code_mac(context, "123457")).second);
    EXPECT_TRUE(macs.insert(CodeKeys("another secret").code_mac(context, "123456")).second);
    EXPECT_EQ(keys.code_mac(context, "123456"), *macs.find(keys.code_mac(context, "123456")));
}

// A stolen dump holds MACs; without the key outside it trying all codes finds nothing.
TEST(OneTimeCode, cannot_be_found_in_a_stolen_database)
{
    CodeKeys const keys(random_bytes(32));
    CodeContext const context{CodePurpose::login, "+11234567890", std::nullopt, challenge_hash("challenge")};
    auto const kept = keys.code_mac(context, "123456");
    CodeKeys const guessed("");
    int hits = 0;
    for (int number = 0; number < 1'000'000; ++number) {
        auto const digits = std::to_string(number);
        auto const code = std::string(6 - digits.size(), '0') + digits;
        hits += to_base64url(sha256("login|+11234567890|0|" + context.challenge_hash + "|" + code)) == kept ? 1 : 0;
        if (number % 64 == 0) hits += guessed.code_mac(context, code) == kept ? 1 : 0;
    }
    EXPECT_EQ(hits, 0);
}

constexpr Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 12h);

SendAttempt attempt_at(Time now, std::string prefix = "p", CodePurpose purpose = CodePurpose::login,
                       SenderTrust trust = SenderTrust::stranger)
{
    return {now, purpose, std::move(prefix), trust};
}

TEST(SendRules, keep_sends_60_seconds_apart_from_any_network)
{
    std::vector<PastSend> const past{{noon, "login", "p"}};
    for (auto purpose : {CodePurpose::login, CodePurpose::signup, CodePurpose::reset_password, CodePurpose::confirm}) {
        auto const refusal = refuse_send(past, attempt_at(noon + 20s, "q", purpose));
        ASSERT_TRUE(refusal);
        EXPECT_EQ(refusal->code, "otp_cooldown");
        EXPECT_EQ(refusal->wait, 40s);
    }
    EXPECT_EQ(refuse_send(past, attempt_at(noon + 59'500ms))->wait, 1s);
    EXPECT_FALSE(refuse_send(past, attempt_at(noon + 60s)));
    EXPECT_FALSE(refuse_send({}, attempt_at(noon)));
}

TEST(SendRules, allow_5_an_hour_from_one_network)
{
    std::vector<PastSend> past;
    for (int index = 0; index < 5; ++index) past.push_back({noon + index * 5min, "login", "p"});
    auto const device = SenderTrust::device_of_account;
    auto const refusal = refuse_send(past, attempt_at(noon + 30min, "p", CodePurpose::login, device));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, "otp_hourly_limit");
    EXPECT_EQ(refusal->wait, 30min);
    EXPECT_FALSE(refuse_send(past, attempt_at(noon + 30min, "q", CodePurpose::login, device)));
    EXPECT_FALSE(refuse_send(past, attempt_at(noon + 60min, "p", CodePurpose::login, device)));
}

TEST(SendRules, keep_the_last_5_of_a_day_for_a_device_of_the_account)
{
    std::vector<PastSend> past;
    for (int index = 0; index < 5; ++index) past.push_back({noon + index * 1h, "login", "p" + std::to_string(index)});
    auto const later = noon + 10h;
    auto const refusal = refuse_send(past, attempt_at(later));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, "otp_daily_limit");
    EXPECT_EQ(refusal->wait, 14h); // Then the first one is a day old.
    auto device = attempt_at(later, "p", CodePurpose::login, SenderTrust::device_of_account);
    for (int index = 0; index < 5; ++index) {
        EXPECT_FALSE(refuse_send(past, device)) << index;
        past.push_back({device.now, "login", "p"});
        device.now += 1h;
    }
    EXPECT_EQ(refuse_send(past, device)->code, "otp_daily_limit");
}

TEST(SendRules, allow_3_resets_a_day_and_keep_one_for_a_device_of_the_account)
{
    std::vector<PastSend> past;
    for (int index = 0; index < 2; ++index) past.push_back({noon + index * 1h, "reset_password", "p"});
    EXPECT_EQ(refuse_send(past, attempt_at(noon + 10h, "p", CodePurpose::reset_password))->wait, 14h);
    EXPECT_FALSE(refuse_send(past, attempt_at(noon + 10h, "p", CodePurpose::reset_password, SenderTrust::device_of_account)));
    past.push_back({noon + 2h, "reset_password", "p"});
    EXPECT_EQ(refuse_send(past, attempt_at(noon + 10h, "p", CodePurpose::reset_password, SenderTrust::device_of_account))->wait, 14h);
    EXPECT_FALSE(refuse_send(past, attempt_at(noon + 10h, "p", CodePurpose::login)));
}

TEST(SendRules, let_nobody_wait_for_a_send_of_the_future)
{
    std::vector<PastSend> const past{{noon + 24h, "login", "p"}}; // Before the clock was set back.
    EXPECT_FALSE(refuse_send(past, attempt_at(noon)));
}

// Every attacker asks as often as it may, from a new network whenever it likes, for any purpose, even with a stolen old session.
TEST(SendRules, bound_the_guesses_of_any_attacker)
{
    constexpr int phones = 1000;
    constexpr auto days = 30;
    auto const seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::size_t most_in_a_day = 0;
    for (int phone = 0; phone < phones; ++phone) {
        bool const has_session = phone % 2 == 0;
        std::vector<PastSend> sends; // Of the last day.
        std::size_t sent = 0;
        for (auto now = noon; now < noon + days * 24h;) {
            std::erase_if(sends, [&](PastSend const& send) { return send.at <= now - 24h; });
            SendAttempt attempt = attempt_at(now, "p" + std::to_string(random() % 4), static_cast<CodePurpose>(random() % 4),
                                             has_session ? SenderTrust::device_of_account : SenderTrust::stranger);
            auto const refusal = refuse_send(sends, attempt);
            if (!refusal) {
                sends.push_back({now, std::string(word_of(attempt.purpose)), attempt.prefix_key});
                most_in_a_day = std::max(most_in_a_day, sends.size());
                ++sent;
            }
            // Sometimes it waits as it was told, sometimes it comes too early.
            now += refusal && random() % 2 == 0 ? std::chrono::microseconds(refusal->wait)
                                                : std::chrono::microseconds(random() % 3'600'000'000u);
        }
        ASSERT_LE(sent, static_cast<std::size_t>(days) * (has_session ? 10 : 5));
    }
    EXPECT_EQ(most_in_a_day, sends_per_day_max);
    constexpr auto guesses_a_day = sends_per_day_max * (plain_guesses_max + challenged_guesses_max);
    EXPECT_LE(guesses_a_day, 80u);
}

} // namespace
} // namespace pollux::accounts
