// How somebody becomes an admin, and log-in links.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Admins : public AccountsTest {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.admin_mobile = mobile;
        options.test_numbers = {{"+12025550177", "123456", {}}};
        return options;
    }

    Superuser make_admin(std::string number = mobile) { return run(accounts().create_superuser(std::move(number), {})).value(); }

    Result<LoggedIn> open(std::string token) { return run(accounts().logins().log_in_by_link(std::move(token), {"192.0.2.7", "test"})); }
};

TEST_F(Admins, get_a_link_that_opens_once)
{
    auto const admin = make_admin();
    EXPECT_EQ(count("select count(*) from login_links"), 1);
    EXPECT_NE(run(temp.database().read("select token_hash from login_links")).front().only().text(), admin.link_token);
    auto const login = open(admin.link_token).value();
    EXPECT_EQ(login.user.id, admin.user.id);
    EXPECT_TRUE(login.user.is_admin);
    EXPECT_EQ(refusal_of(login.access), "");
    EXPECT_EQ(error_of(open(admin.link_token)), "invalid_link");
    for (auto wrong : {"", "1.", "nonsense", "1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        EXPECT_EQ(error_of(open(wrong)), "invalid_link");
}

asio::awaitable<void> open_once(LoginService& logins, std::string token, int& opened)
{
    auto const login = co_await logins.log_in_by_link(std::move(token), {});
    opened += login ? 1 : 0;
}

TEST_F(Admins, open_their_link_once_even_if_many_try_at_once)
{
    auto const token = make_admin().link_token;
    int opened = 0;
    std::vector<asio::awaitable<void>> tries;
    for (int index = 0; index < 20; ++index) tries.push_back(open_once(accounts().logins(), token, opened));
    temp.loop().run_all(std::move(tries));
    EXPECT_EQ(opened, 1);
}

TEST_F(Admins, links_hold_for_ten_minutes_and_give_way_to_newer_ones)
{
    auto const first = make_admin().link_token;
    auto const second = make_admin().link_token;
    EXPECT_EQ(error_of(open(first)), "invalid_link");
    advance(10min - 1us);
    EXPECT_TRUE(open(second));
    auto const late = make_admin().link_token;
    advance(10min);
    EXPECT_EQ(error_of(open(late)), "invalid_link");
    advance(1us);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from login_links"), 0);
}

TEST_F(Admins, are_not_whoever_was_logged_in_before)
{
    sign_up().value();
    auto const session = new_session();
    auto const code = *send().value().otp.value;
    advance(61s);
    auto const reset_code = *send(CodePurpose::reset_password).value().otp.value;
    auto const reset = run(accounts().logins().begin_reset(verification(reset_code, CodePurpose::reset_password))).value();
    make_admin();
    EXPECT_EQ(refusal_of(session.access), "session_ended");
    EXPECT_EQ(error_of(refresh(session.refresh)), "session_ended");
    EXPECT_EQ(error_of(verify(code)), "invalid_code");
    EXPECT_EQ(error_of(run(accounts().passwords().reset(reset, "a new password"))), "invalid_reset_token");

    AccountsService other_node(temp.database(), notices, temp.clock(), options());
    run(other_node.poll_ended_sessions());
    EXPECT_TRUE(other_node.is_session_ended(accounts().issued_to(session.access)->session));
}

TEST_F(Admins, keep_nothing_of_a_strangers_sign_up)
{
    run(accounts().logins().sign_up({mobile, password, "Mallory", "mallory@evil.example", {}})).value();
    auto const admin = make_admin();
    EXPECT_EQ(admin.user.name, std::nullopt);
    EXPECT_EQ(count("select count(*) from sign_ups"), 0);
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
}

TEST_F(Admins, by_setting_are_who_proves_the_number)
{
    sign_up().value();
    EXPECT_FALSE(sign_up("+12025550199").value().is_admin);
    EXPECT_FALSE(new_session("+12025550199").user.is_admin);
    auto const first = new_session();
    EXPECT_TRUE(first.user.is_admin);
    EXPECT_TRUE(new_session().user.is_admin); // Still an admin.
    EXPECT_EQ(refusal_of(first.access), "") << "ended by nothing";
    EXPECT_EQ(count("select count(*) from users where is_admin = 1"), 1);
}

TEST_F(Admins, by_setting_end_the_sessions_from_before_it)
{
    sign_up().value();
    run(temp.database().write("insert into admin_claims (mobile_key, claimed_at) values ('another', 0)"));
    make_admin("+12025550199");
    auto const before = new_session(); // While there is another admin.
    EXPECT_FALSE(before.user.is_admin);
    run(temp.database().write("update users set is_admin = 0"));
    EXPECT_TRUE(new_session().user.is_admin);
    EXPECT_EQ(refusal_of(before.access), "session_ended");
}

TEST_F(Admins, by_setting_are_made_once)
{
    sign_up().value();
    EXPECT_TRUE(new_session().user.is_admin);
    run(temp.database().write("update users set is_admin = 0"));
    EXPECT_FALSE(new_session().user.is_admin) << "the number may be somebody else's by now";
}

class AdminByTestNumber : public Admins {
protected:
    AccountsOptions options() const override
    {
        auto options = Admins::options();
        options.admin_mobile = "+12025550177";
        return options;
    }
};

TEST_F(AdminByTestNumber, is_nobody)
{
    sign_up("+12025550177").value();
    EXPECT_FALSE(new_session("+12025550177").user.is_admin);
}

} // namespace
} // namespace pollux::accounts
