// How often passwords may be guessed, and what a change of the password voids.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Guesses : public AccountsTest {
protected:
    // A user with a password, and a session of theirs.
    LoggedIn owner()
    {
        sign_up().value();
        auto verifying = verification(*send().value().otp.value);
        verifying.password = password;
        auto login = verify(verifying).value();
        advance(61s);
        return login;
    }

    // Guesses until it is told to stop; how often it was wrong before.
    int wrong_guesses(int count_max = 100)
    {
        for (int index = 0; index < count_max; ++index) {
            auto const answer = error_of(log_in("wrong password"));
            if (answer == "too_many_guesses") return index;
            EXPECT_EQ(answer, "wrong_credentials");
        }
        return count_max;
    }

    void from(std::string address, std::string limit_prefix, std::string wide_prefix)
    {
        guesser.peer = {std::move(address), std::move(limit_prefix), std::move(wide_prefix)};
    }
};

TEST_F(Guesses, at_an_account_are_counted_wherever_they_come_from)
{
    owner();
    int wrong = 0;
    for (int index = 0; index < 40; ++index) {
        auto const prefix = "2001:db8:" + std::to_string(index) + "::";
        from(prefix + "1", prefix + "/64", prefix + "/56");
        wrong += error_of(log_in("wrong password")) == "wrong_credentials" ? 1 : 0;
    }
    EXPECT_EQ(wrong, 10);
    auto const refused = log_in(password); // Not even the right one: else guessing would go on.
    EXPECT_EQ(error_of(refused), "too_many_guesses");
    EXPECT_EQ(refused.error().kind(), ErrorKind::rate_limited);
    EXPECT_LE(*refused.error().retry_after(), 6min);
    advance(*refused.error().retry_after());
    EXPECT_TRUE(log_in(password)) << "obeying Retry-After works";
}

TEST_F(Guesses, at_a_number_without_an_account_are_answered_alike)
{
    EXPECT_EQ(wrong_guesses(), 10);
}

TEST_F(Guesses, are_few_a_day)
{
    owner();
    int wrong = 0;
    for (int hour = 0; hour < 20; ++hour) {
        wrong += wrong_guesses();
        advance(1h);
    }
    // The burst of the day and what comes back of it in 20 hours.
    EXPECT_LE(wrong, 40 + 40 * 20 / 24 + 1);
    EXPECT_GE(wrong, 40);
}

TEST_F(Guesses, of_strangers_leave_a_device_of_the_account_its_own)
{
    auto const device = owner();
    EXPECT_EQ(wrong_guesses(), 10);
    guesser.device = identity_of(device);
    EXPECT_TRUE(log_in(password));
    EXPECT_EQ(wrong_guesses(), 10);
    EXPECT_EQ(error_of(log_in(password)), "too_many_guesses");
}

TEST_F(Guesses, of_a_device_of_another_account_are_a_strangers)
{
    owner();
    sign_up("+12025550199").value();
    guesser.device = identity_of(new_session("+12025550199"));
    EXPECT_EQ(wrong_guesses(), 10);
}

TEST_F(Guesses, bar_nobody_from_logging_in_by_code)
{
    owner();
    EXPECT_EQ(wrong_guesses(), 10);
    EXPECT_TRUE(verify(*send().value().otp.value));
}

TEST_F(Guesses, that_are_right_are_given_back)
{
    owner();
    for (int index = 0; index < 30; ++index) EXPECT_TRUE(log_in(password));
    EXPECT_EQ(wrong_guesses(), 10);
}

TEST_F(Guesses, from_a_network_of_ipv6_count_together)
{
    int wrong = 0;
    for (int index = 0; index < 100; ++index) {
        auto const prefix = "2001:db8:0:" + std::to_string(index) + "::";
        Guesser const here{{prefix + "1", prefix + "/64", "2001:db8::/56"}, {}};
        auto const number = "+1202555" + std::to_string(1000 + index);
        auto const answer = run(accounts().logins().log_in_by_password(number, "wrong password", {}, here));
        wrong += error_of(answer) == "wrong_credentials" ? 1 : 0;
    }
    EXPECT_EQ(wrong, 60);
}

asio::awaitable<void> guess_once(LoginService& logins, std::string mobile, Guesser guesser, int& wrong)
{
    auto const login = co_await logins.log_in_by_password(std::move(mobile), "wrong password", {}, std::move(guesser));
    wrong += error_of(login) == "wrong_credentials" ? 1 : 0;
}

TEST_F(Guesses, at_once_are_no_more)
{
    owner();
    int wrong = 0;
    std::vector<asio::awaitable<void>> guesses;
    for (int index = 0; index < 50; ++index) guesses.push_back(guess_once(accounts().logins(), mobile, guesser, wrong));
    temp.loop().run_all(std::move(guesses));
    EXPECT_EQ(wrong, 10);
}

TEST_F(Guesses, by_changing_the_password_or_deleting_the_account_are_counted)
{
    auto const identity = identity_of(owner());
    std::string last;
    for (int index = 0; index < 11; ++index) last = error_of(run(accounts().passwords().change(identity, "wrong", "a new password")));
    EXPECT_EQ(last, "too_many_guesses");
    EXPECT_EQ(error_of(run(accounts().profiles().remove(identity, "wrong password"))), "too_many_guesses");
    EXPECT_TRUE(log_in(password)) << "strangers and devices are counted apart";
}

TEST_F(Guesses, are_forgotten_when_their_budget_is_full_again)
{
    EXPECT_EQ(wrong_guesses(), 10);
    EXPECT_GE(count("select count(*) from guess_budgets"), 4);
    advance(25h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from guess_budgets"), 0);
}

TEST_F(Guesses, changing_the_password_voids_codes_that_were_sent_before)
{
    auto const identity = identity_of(owner());
    auto const sent = send().value();
    EXPECT_TRUE(run(accounts().passwords().change(identity, password, "a new password")));
    EXPECT_EQ(error_of(verify(*sent.otp.value)), "invalid_code");
    auto with_challenge = verification(*sent.otp.value);
    with_challenge.challenge = sent.challenge;
    EXPECT_EQ(error_of(verify(with_challenge)), "invalid_code");
    advance(61s);
    EXPECT_TRUE(verify(*send().value().otp.value)) << "those after it work";
}

TEST_F(Guesses, a_change_that_fails_voids_nothing)
{
    auto const identity = identity_of(owner());
    auto const sent = send().value();
    EXPECT_EQ(error_of(run(accounts().passwords().change(identity, "wrong password", "a new password"))), "wrong_password");
    EXPECT_TRUE(verify(*sent.otp.value));
}

TEST_F(Guesses, resetting_the_password_voids_codes_of_every_purpose)
{
    owner();
    auto const reset = run(
        accounts().logins().begin_reset(verification(*send(CodePurpose::reset_password).value().otp.value, CodePurpose::reset_password)));
    advance(61s);
    auto const sent = send().value();
    EXPECT_TRUE(run(accounts().passwords().reset(reset.value(), "a new password")));
    EXPECT_EQ(error_of(verify(*sent.otp.value)), "invalid_code");
    EXPECT_EQ(count("select count(*) from one_time_codes where used_at is null"), 0);
}

} // namespace
} // namespace pollux::accounts
