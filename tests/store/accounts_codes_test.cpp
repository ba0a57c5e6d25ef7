// One-time codes against the database.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Codes : public AccountsTest {
protected:
    void SetUp() override { sign_up().value(); }

    // Guesses with wrong codes until none is compared any more; how many were counted in the database.
    std::int64_t guesses_counted() { return count("select coalesce(sum(guesses), 0) from one_time_codes"); }
    std::int64_t challenged_guesses_counted() { return count("select coalesce(sum(challenged_guesses), 0) from one_time_codes"); }

    Result<std::int64_t> guess(std::string code, std::optional<std::string> challenge = {}, CodePurpose purpose = CodePurpose::login)
    {
        return run(accounts().codes().guess({mobile, purpose, std::move(code), std::move(challenge), {}}));
    }
};

TEST_F(Codes, open_a_session_once)
{
    auto const sent = send().value();
    EXPECT_EQ(sent.expires_in, 300);
    EXPECT_EQ(sent.retry_after, 60);
    EXPECT_EQ(sent.challenge.size(), 43u);
    auto const code = sent.otp.value.value();
    auto const login = verify(code);
    ASSERT_TRUE(login);
    EXPECT_EQ(login->token_type, "Bearer");
    EXPECT_EQ(login->expires_in, 900);
    EXPECT_TRUE(login->user.is_verified);
    EXPECT_EQ(refusal_of(login->access), "");
    EXPECT_EQ(error_of(verify(code)), "invalid_code");
}

TEST_F(Codes, hold_for_five_minutes)
{
    auto const first = send().value().otp.value.value();
    advance(5min - 1us);
    EXPECT_TRUE(verify(first));
    auto const second = send().value().otp.value.value();
    advance(5min);
    EXPECT_EQ(error_of(verify(second)), "invalid_code");
}

TEST_F(Codes, are_good_for_their_own_purpose_and_number_only)
{
    sign_up("+12025550199").value();
    auto const code = send(CodePurpose::login).value().otp.value.value();
    EXPECT_EQ(error_of(verify(verification(code, CodePurpose::signup))), "invalid_code");
    EXPECT_EQ(error_of(run(accounts().logins().begin_reset(verification(code, CodePurpose::reset_password)))), "invalid_code");
    EXPECT_EQ(error_of(verify(verification(code, CodePurpose::login, "+12025550199"))), "invalid_code");
    EXPECT_EQ(error_of(verify(verification(code, CodePurpose::login, "+12025550111"))), "invalid_code");
    EXPECT_TRUE(verify(code));
}

TEST_F(Codes, of_a_newer_send_replace_older_ones_for_guesses_without_challenge)
{
    auto const first = send().value();
    advance(61s);
    auto const second = send().value();
    if (first.otp.value == second.otp.value) GTEST_SKIP() << "two equal codes, once in a million";
    EXPECT_EQ(error_of(verify(*first.otp.value)), "invalid_code");
    auto with_challenge = verification(*first.otp.value);
    with_challenge.challenge = first.challenge;
    EXPECT_TRUE(verify(with_challenge));
    EXPECT_TRUE(verify(*second.otp.value));
    EXPECT_EQ(error_of(verify(with_challenge)), "invalid_code");
}

TEST_F(Codes, with_a_foreign_challenge_open_nothing)
{
    auto const sent = send().value();
    advance(61s);
    auto const other = send().value();
    for (auto const& challenge : {std::string("x"), std::string(43, 'A'), other.challenge}) {
        auto verifying = verification(*sent.otp.value);
        verifying.challenge = challenge;
        if (challenge == other.challenge && sent.otp.value == other.otp.value) continue;
        EXPECT_EQ(error_of(verify(verifying)), "invalid_code");
    }
}

TEST_F(Codes, are_compared_five_times_without_challenge)
{
    auto const sent = send().value();
    auto const code = *sent.otp.value;
    for (int count = 0; count < 5; ++count) EXPECT_EQ(error_of(guess(wrong(code))), "invalid_code");
    EXPECT_EQ(error_of(guess(code)), "invalid_code");
    EXPECT_EQ(guesses_counted(), 5);
    // The owner has the challenge, and three guesses of their own.
    EXPECT_EQ(error_of(guess(wrong(code), sent.challenge)), "invalid_code");
    EXPECT_EQ(error_of(guess(wrong(code), sent.challenge)), "invalid_code");
    EXPECT_TRUE(guess(code, sent.challenge));
    EXPECT_EQ(error_of(guess(code, sent.challenge)), "invalid_code");
    EXPECT_EQ(challenged_guesses_counted(), 3);
}

asio::awaitable<void> guess_once(CodeService& codes, Guess guess, int& right)
{
    auto const guessed = co_await codes.guess(std::move(guess));
    if (guessed) ++right;
}

TEST_F(Codes, are_compared_at_most_eight_times_when_500_guess_at_once)
{
    auto const sent = send().value();
    auto const code = *sent.otp.value;
    int right = 0;
    std::vector<asio::awaitable<void>> guesses;
    for (int index = 0; index < 500; ++index) {
        std::optional<std::string> challenge;
        if (index % 2 == 1) challenge = sent.challenge;
        guesses.push_back(guess_once(accounts().codes(), {mobile, CodePurpose::login, wrong(code), challenge, {}}, right));
    }
    temp.loop().run_all(std::move(guesses));
    EXPECT_EQ(guesses_counted(), 5);
    EXPECT_EQ(challenged_guesses_counted(), 3);
    EXPECT_EQ(right, 0);
    EXPECT_EQ(error_of(verify(code)), "invalid_code");
}

TEST_F(Codes, let_the_owner_in_whatever_strangers_guess)
{
    auto const sent = send().value();
    int right = 0;
    std::vector<asio::awaitable<void>> guesses;
    for (int index = 0; index < 100; ++index) {
        std::optional<std::string> challenge;
        if (index % 2 == 1) challenge = random_token(); // A guesser does not know it.
        guesses.push_back(guess_once(accounts().codes(), {mobile, CodePurpose::login, wrong(*sent.otp.value), challenge, {}}, right));
    }
    temp.loop().run_all(std::move(guesses));
    auto verifying = verification(*sent.otp.value);
    verifying.challenge = sent.challenge;
    EXPECT_TRUE(verify(verifying));
}

asio::awaitable<void> verify_once(LoginService& logins, VerifyRequest request, int& right)
{
    auto const login = co_await logins.log_in_by_code(std::move(request));
    if (login) ++right;
}

TEST_F(Codes, let_one_of_many_in)
{
    auto const sent = send().value();
    int right = 0;
    std::vector<asio::awaitable<void>> logins;
    for (int index = 0; index < 3; ++index) logins.push_back(verify_once(accounts().logins(), verification(*sent.otp.value), right));
    temp.loop().run_all(std::move(logins));
    EXPECT_EQ(right, 1);
    EXPECT_EQ(count("select count(*) from sessions"), 1);
}

TEST_F(Codes, are_not_in_the_database)
{
    auto const sent = send().value();
    auto const rows = run(temp.database().read("select mobile_key, prefix_key, challenge_hash, code_mac from one_time_codes"));
    ASSERT_EQ(rows.size(), 1u);
    enum : std::size_t { mobile_key, prefix_key, challenge_hash, code_mac };
    for (auto const column : {mobile_key, prefix_key, challenge_hash, code_mac}) {
        auto const& kept = rows.front().text(column);
        EXPECT_EQ(kept.find(*sent.otp.value), std::string::npos);
        EXPECT_EQ(kept.find("2025550100"), std::string::npos);
        EXPECT_NE(kept, sent.challenge);
    }
}

TEST_F(Codes, are_sent_to_unknown_numbers_as_to_known_ones)
{
    auto const known = send(request()).value();
    auto const unknown = send(request(CodePurpose::login, "+12025550111")).value();
    EXPECT_TRUE(known.otp.value.has_value());
    EXPECT_FALSE(unknown.otp.value.has_value()); // Told to nobody, even in debug delivery.
    EXPECT_EQ(known.detail, unknown.detail);
    EXPECT_EQ(known.expires_in, unknown.expires_in);
    EXPECT_EQ(known.retry_after, unknown.retry_after);
    EXPECT_EQ(known.challenge.size(), unknown.challenge.size());
    EXPECT_EQ(count("select count(*) from one_time_codes"), 2);

    // The same cool-down, the same limits, to the second.
    advance(20s);
    auto const again_known = send(request());
    auto const again_unknown = send(request(CodePurpose::login, "+12025550111"));
    EXPECT_EQ(error_of(again_known), "otp_cooldown");
    EXPECT_EQ(error_of(again_unknown), "otp_cooldown");
    EXPECT_EQ(again_known.error().retry_after(), 40s);
    EXPECT_EQ(again_known.error().message(), "A code was asked for a moment ago; ask for another in 40 seconds.");
    EXPECT_EQ(again_unknown.error().message(), again_known.error().message());
    EXPECT_EQ(again_unknown.error().retry_after(), 40s);
    for (int index = 0; index < 8; ++index) {
        advance(61s);
        auto const to_known = send(request());
        auto const to_unknown = send(request(CodePurpose::login, "+12025550111"));
        EXPECT_EQ(error_of(to_known), error_of(to_unknown)) << index;
        EXPECT_EQ(error_of(to_known), index < 4 ? "" : "otp_daily_limit") << index;
    }
    // Wrong, expired, never sent, unknown: one answer.
    for (auto number : {mobile, "+12025550111", "+12025550122"}) {
        auto const refused = verify(verification("000000", CodePurpose::login, number));
        EXPECT_EQ(refused.error().kind(), ErrorKind::malformed);
        EXPECT_EQ(refused.error().code(), "invalid_code");
        EXPECT_EQ(refused.error().message(), invalid_code().message());
    }
}

TEST_F(Codes, of_the_day_are_kept_for_devices_with_a_session_even_an_ended_one)
{
    auto const login = new_session();
    auto const identity = identity_of(login);
    run(accounts().sessions().log_out(identity, LogoutScope::all_sessions, {})).value();
    advance(25h);
    auto stranger = request();
    for (int index = 0; index < 5; ++index) {
        stranger.network_prefix = std::to_string(index);
        EXPECT_TRUE(send(stranger)) << index;
        advance(61s);
    }
    EXPECT_EQ(error_of(send(stranger)), "otp_daily_limit");

    // A session of another account helps nobody here.
    sign_up("+12025550199").value();
    auto foreign = stranger;
    foreign.device = identity_of(new_session("+12025550199"));
    EXPECT_EQ(error_of(send(foreign)), "otp_daily_limit");

    auto owner = request();
    owner.device = identity;
    for (int index = 0; index < 5; ++index) {
        EXPECT_TRUE(send(owner)) << index;
        advance(61s);
    }
    owner.network_prefix = "elsewhere";
    EXPECT_EQ(error_of(send(owner)), "otp_daily_limit");
}

TEST_F(Codes, give_an_attacker_80_guesses_a_day_at_most)
{
    // An attacker has an old session, asks whenever it may, and guesses on both paths until nothing is compared any more.
    auto const identity = identity_of(new_session());
    advance(25h);
    auto const end = temp.clock().now() + 5 * 24h; // The rules themselves are tried for 30 days in one_time_code_test.cpp.
    auto const counted_before = guesses_counted() + challenged_guesses_counted();
    std::vector<std::pair<Time, int>> compared;
    for (int network_number = 0; temp.clock().now() < end; ++network_number) {
        auto sending = request(static_cast<CodePurpose>(network_number % 3), mobile);
        sending.device = identity;
        sending.network_prefix = std::to_string(network_number % 3);
        auto const sent = send(sending);
        if (!sent) {
            advance(network_number % 2 == 0 ? *sent.error().retry_after() : 10min);
            continue;
        }
        for (int index = 0; index < 6; ++index) {
            (void)guess(wrong(*sent->otp.value), {}, sending.purpose);
            (void)guess(wrong(*sent->otp.value), sent->challenge, sending.purpose);
        }
        compared.emplace_back(temp.clock().now(), plain_guesses_max + challenged_guesses_max);
        advance(1min);
    }
    EXPECT_EQ(guesses_counted() + challenged_guesses_counted() - counted_before, static_cast<std::int64_t>(compared.size()) * 8);
    EXPECT_GE(compared.size(), 45u);
    for (std::size_t index = 0; index < compared.size(); ++index) {
        int tries = 0;
        for (auto other = index; other < compared.size() && compared[other].first < compared[index].first + 24h; ++other) {
            tries += compared[other].second;
        }
        ASSERT_LE(tries, 80);
    }
}

TEST_F(Codes, stay_counted_when_their_account_is_deleted)
{
    auto const login = new_session();
    auto const sent = send().value();
    EXPECT_TRUE(run(accounts().logins().log_in_by_password(mobile, password, {}, guesser)).has_error());
    auto confirming = request(CodePurpose::confirm);
    confirming.identity = identity_of(login);
    confirming.device = confirming.identity;
    advance(61s);
    auto confirmation = verification(*send(confirming).value().otp.value, CodePurpose::confirm);
    confirmation.identity = confirming.identity;
    run(accounts().logins().confirm(confirmation)).value();
    run(accounts().profiles().remove(*confirming.identity, {})).value();

    auto const rows_before = count("select count(*) from one_time_codes");
    EXPECT_EQ(rows_before, 3);
    sign_up().value();
    EXPECT_EQ(error_of(verify(*sent.otp.value)), "invalid_code"); // A code of the old account opens no new one.
    EXPECT_EQ(error_of(send()), "otp_cooldown");
}

} // namespace
} // namespace pollux::accounts
