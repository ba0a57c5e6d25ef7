// One-time codes in debug, of test numbers, and where nothing delivers them.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class AfterSignUp : public AccountsTest {
protected:
    void SetUp() override { sign_up().value(); }
};

// In debug mode developers are told what goes on.
class DebugCodes : public AfterSignUp {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.debug = DebugMode::on;
        options.console = [this](std::string_view line) { lines.emplace_back(line); };
        options.test_numbers = {{"+11234567890", "123456", {}}, {"+12025550177", "654321", test::FakeClock::start() + 24h}};
        return options;
    }
    mutable std::vector<std::string> lines;
};

TEST_F(DebugCodes, are_refused_to_unknown_numbers_with_a_hint)
{
    auto const refused = send(request(CodePurpose::login, "+12025550111"));
    EXPECT_EQ(error_of(refused), "no_account");
    EXPECT_EQ(refused.error().kind(), ErrorKind::not_found);
    EXPECT_EQ(count("select count(*) from one_time_codes"), 0);
    EXPECT_EQ(count("select count(*) from code_numbers"), 0);
}

TEST_F(DebugCodes, stand_on_the_console_but_not_in_answers_to_foreign_pages)
{
    auto sending = request();
    sending.origin = PageOrigin::foreign;
    auto const sent = send(sending).value();
    EXPECT_FALSE(sent.otp.value.has_value());
    ASSERT_EQ(lines.size(), 1u);
    auto const code = lines[0].substr(lines[0].size() - 6);
    EXPECT_TRUE(is_code(code));
    EXPECT_TRUE(verify(code));
}

TEST_F(DebugCodes, of_test_numbers_are_fixed_until_they_expire)
{
    sign_up("1234567890").value(); // The original's tour.
    EXPECT_EQ(send(request(CodePurpose::login, "1234567890")).value().otp.value, "123456");
    auto const login = verify(verification("123456", CodePurpose::login, "1234567890"));
    ASSERT_TRUE(login);
    EXPECT_EQ(login->user.mobile, "+11234567890");

    sign_up("+12025550177").value();
    EXPECT_EQ(send(request(CodePurpose::login, "+12025550177")).value().otp.value, "654321");
    advance(24h);
    sign_up("+12025550177").value();
    auto const after = send(request(CodePurpose::login, "+12025550177")).value().otp.value;
    EXPECT_NE(after, "654321") << "once in a million";
}

TEST_F(DebugCodes, of_test_numbers_are_sent_without_a_pause)
{
    sign_up("1234567890").value();
    for (int index = 0; index < 20; ++index) {
        auto const sent = send(request(CodePurpose::login, "1234567890"));
        ASSERT_TRUE(sent) << index;
        EXPECT_EQ(sent->retry_after, 0);
        EXPECT_TRUE(verify(verification("123456", CodePurpose::login, "1234567890"))) << index;
    }
    // Any other number has its pause in debug, too, and so has one whose fixed code no longer holds.
    EXPECT_EQ(send().value().retry_after, 60);
    EXPECT_EQ(error_of(send()), "otp_cooldown");
    advance(24h);
    sign_up("+12025550177").value();
    EXPECT_TRUE(send(request(CodePurpose::login, "+12025550177")));
    EXPECT_EQ(error_of(send(request(CodePurpose::login, "+12025550177"))), "otp_cooldown");
}

TEST_F(DebugCodes, of_test_numbers_open_no_admin)
{
    EXPECT_EQ(error_of(run(accounts().create_superuser("1234567890", {}))), "test_number");
    run(temp.database().write("insert into users (mobile, is_verified, is_admin, date_joined) values ('+11234567890', 1, 1, 0)"));
    EXPECT_NE(send(request(CodePurpose::login, "1234567890")).value().otp.value, "123456") << "once in a million";
    EXPECT_EQ(error_of(send(request(CodePurpose::login, "1234567890"))), "otp_cooldown"); // Its codes are as rare as anybody's.
}

// Outside debug a test number's code is fixed, and nothing else about it.
class TestNumberCodes : public AfterSignUp {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.test_numbers = {{"+11234567890", "123456", test::FakeClock::start() + 24h}};
        return options;
    }
};

TEST_F(TestNumberCodes, obey_the_same_limits)
{
    sign_up("1234567890").value();
    for (int index = 0; index < 5; ++index) {
        EXPECT_EQ(send(request(CodePurpose::login, "1234567890")).value().otp.value, "123456");
        EXPECT_EQ(error_of(send(request(CodePurpose::login, "1234567890"))), index < 4 ? "otp_cooldown" : "otp_daily_limit");
        advance(61s);
    }
    EXPECT_EQ(error_of(send(request(CodePurpose::login, "1234567890"))), "otp_daily_limit");
}

// Without a delivery codes are made and told to nobody.
class UndeliveredCodes : public AfterSignUp {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.code_delivery = CodeDelivery::none;
        options.console = [this](std::string_view) { ++lines; };
        return options;
    }
    mutable int lines = 0;
};

TEST_F(UndeliveredCodes, are_told_to_nobody)
{
    EXPECT_FALSE(send().value().otp.value.has_value());
    EXPECT_EQ(lines, 0);
    EXPECT_EQ(count("select count(*) from one_time_codes"), 1);
}

} // namespace
} // namespace pollux::accounts
