// Whose sign-up it was: anybody can sign up any number, and only somebody who proves it by a code gets what was said in it.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class SignUps : public AccountsTest {
protected:
    static constexpr auto strangers_password = "a stranger's password";

    SignUpRequest owners() const { return {mobile, password, "Leda", "leda@sparta.example", {"192.0.2.7", "192.0.2.7", "192.0.2.0/24"}}; }
    SignUpRequest strangers(int network = 1) const
    {
        auto const address = "203.0." + std::to_string(network) + ".5";
        auto const wide = "203.0." + std::to_string(network) + ".0/24";
        return {mobile, strangers_password, "Mallory", "mallory@evil.example", {address, address, wide}};
    }

    SignedUp sign_up_as(SignUpRequest request)
    {
        advance(1s);
        return run(accounts().logins().sign_up(std::move(request))).value();
    }

    Result<LoggedIn> prove(std::optional<std::string> with_password, std::optional<std::string> token = {})
    {
        advance(61s);
        auto verifying = verification(*send(CodePurpose::signup).value().otp.value, CodePurpose::signup);
        verifying.password = std::move(with_password);
        verifying.signup_token = std::move(token);
        return verify(std::move(verifying));
    }

    // Everything that says who somebody is, of all users.
    std::string kept()
    {
        auto const rows = run(temp.database().read("select coalesce(name, '-'), coalesce(email, '-'), coalesce(password_hash, '-'), "
                                                   "coalesce(pending_password_hash, '-') from users"));
        enum : std::size_t { name, email, password_hash, pending_hash };
        std::string text;
        for (std::size_t index = 0; index < rows.size(); ++index) {
            auto const row = rows[index];
            text += row.text(name) + "|" + row.text(email) + "|" + (row.text(password_hash) == "-" ? "" : "password") + "|" +
                    (row.text(pending_hash) == "-" ? "" : "pending") + ";";
        }
        return text;
    }
};

TEST_F(SignUps, a_strangers_leaves_nothing_at_who_proves_the_number)
{
    sign_up_as(strangers());
    auto const login = prove({}).value();
    EXPECT_EQ(login.user.name, std::nullopt);
    EXPECT_EQ(login.user.email, std::nullopt);
    EXPECT_EQ(kept(), "-|-||;");
    EXPECT_EQ(error_of(log_in(strangers_password)), "wrong_credentials");
}

TEST_F(SignUps, a_strangers_does_not_come_between_the_owner_and_theirs_before_or_after_it)
{
    sign_up_as(strangers(1));
    sign_up_as(owners());
    sign_up_as(strangers(2));
    auto const login = prove(password).value();
    EXPECT_EQ(login.user.name, "Leda");
    EXPECT_EQ(login.user.email, "leda@sparta.example");
    EXPECT_EQ(kept(), "Leda|leda@sparta.example|password|;");
    EXPECT_TRUE(log_in(password));
    EXPECT_EQ(error_of(log_in(strangers_password)), "wrong_credentials");
    EXPECT_EQ(count("select count(*) from sign_ups"), 0);
}

TEST_F(SignUps, the_token_proves_it_as_well)
{
    auto const token = sign_up_as(owners()).signup_token;
    sign_up_as(strangers());
    EXPECT_EQ(prove({}, token).value().user.name, "Leda");
    EXPECT_TRUE(log_in(password));
    EXPECT_EQ(run(temp.database().read("select count(*) from users where name = 'Leda'")).front().only().integer(), 1);
}

TEST_F(SignUps, a_token_of_another_number_proves_nothing)
{
    auto other = strangers();
    other.mobile = "+12025550199";
    auto const token = sign_up_as(other).signup_token;
    sign_up_as(owners());
    EXPECT_EQ(prove({}, token).value().user.name, std::nullopt);
    EXPECT_EQ(error_of(log_in(strangers_password)), "wrong_credentials");
}

TEST_F(SignUps, can_be_proven_later_and_take_nothing_that_was_set_meanwhile)
{
    sign_up_as(owners());
    auto const login = prove({}).value();
    ProfileChange change;
    change.name_change = FieldChange::set;
    change.name = "Helena";
    run(accounts().profiles().change(login.user.id, change)).value();
    auto const again = prove(password).value();
    EXPECT_EQ(again.user.name, "Helena");
    EXPECT_EQ(again.user.email, "leda@sparta.example");
    EXPECT_TRUE(log_in(password));
}

TEST_F(SignUps, cannot_be_proven_after_a_reset)
{
    sign_up_as(strangers());
    advance(61s);
    auto const code = *send(CodePurpose::reset_password).value().otp.value;
    auto const token = run(accounts().logins().begin_reset(verification(code, CodePurpose::reset_password))).value();
    EXPECT_TRUE(run(accounts().passwords().reset(token, "a new password")));
    EXPECT_EQ(kept(), "-|-|password|;");
    EXPECT_EQ(field_error_of(prove(strangers_password)), "password mismatch");
}

TEST_F(SignUps, from_one_network_push_out_nobody_elses)
{
    sign_up_as(owners());
    for (int index = 0; index < 10; ++index) sign_up_as(strangers());
    EXPECT_EQ(count("select count(*) from sign_ups"), 1 + sign_ups_per_network_max);
    EXPECT_EQ(prove(password).value().user.name, "Leda");
}

TEST_F(SignUps, are_a_few_a_number_and_go_after_a_day)
{
    for (int network = 1; network <= 20; ++network) sign_up_as(strangers(network));
    EXPECT_EQ(count("select count(*) from sign_ups"), sign_ups_max);
    prove({}).value();
    advance(24h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from sign_ups"), 0);
    EXPECT_EQ(count("select count(*) from users"), 1);
}

// Nodes of two versions run beside each other during a change; the older keeps all of a sign-up in the row of its user.
TEST_F(SignUps, of_an_older_node_count_for_whoever_gives_their_password_alone)
{
    auto const hash = run(PasswordPool(1, 1).hash(password, PasswordTurn::first)).value();
    auto sign_up_there = [&] {
        run(temp.database().write("delete from users"));
        run(temp.database().write("insert into users (mobile, name, email, pending_password_hash, date_joined) "
                                  "values ('+12025550100', 'Leda', 'leda@sparta.example', $1, $2)",
                                  hash, temp.clock().now()));
    };
    sign_up_there();
    prove({}).value();
    EXPECT_EQ(kept(), "-|-||;");
    sign_up_there();
    EXPECT_EQ(field_error_of(prove(strangers_password)), "password mismatch");
    EXPECT_EQ(prove(password).value().user.name, "Leda");
    EXPECT_EQ(kept(), "Leda|leda@sparta.example|password|;");
    EXPECT_TRUE(log_in(password));
}

TEST_F(SignUps, tell_ten_times_an_hour_who_has_an_account)
{
    sign_up_as(owners());
    prove({}).value();
    auto ask = [&](SignUpRequest request) { return error_of(run(accounts().logins().sign_up(std::move(request)))); };
    auto free_number = [](SignUpRequest request, int number) {
        request.mobile = "+1202555" + std::to_string(2000 + number);
        return request;
    };
    for (int index = 0; index < 30; ++index) EXPECT_EQ(ask(free_number(strangers(), index)), ""); // Sign-ups that succeed do not count.
    for (int index = 0; index < 10; ++index) EXPECT_EQ(ask(strangers()), "mobile_taken");
    EXPECT_EQ(ask(strangers()), "too_many_signups");
    EXPECT_EQ(ask(free_number(strangers(), 99)), "too_many_signups") << "or the answer would tell all the same";
    EXPECT_EQ(ask(strangers(2)), "mobile_taken");
    advance(6min);
    EXPECT_EQ(ask(strangers()), "mobile_taken");
    EXPECT_EQ(ask(strangers()), "too_many_signups");
}

TEST_F(SignUps, tell_no_more_of_ipv6_for_many_networks_of_one_customer)
{
    sign_up_as(owners());
    prove({}).value();
    int told = 0;
    for (int index = 0; index < 30; ++index) {
        auto request = strangers();
        auto const prefix = "2001:db8:0:" + std::to_string(index);
        request.peer = {prefix + "::1", prefix + "::/64", "2001:db8::/56"};
        told += error_of(run(accounts().logins().sign_up(std::move(request)))) == "mobile_taken" ? 1 : 0;
    }
    EXPECT_EQ(told, 10);
}

asio::awaitable<void> ask_once(LoginService& logins, SignUpRequest request, int& told)
{
    auto const user = co_await logins.sign_up(std::move(request));
    told += error_of(user) == "mobile_taken" ? 1 : 0;
}

TEST_F(SignUps, tell_no_more_when_all_ask_at_once)
{
    sign_up_as(owners());
    prove({}).value();
    int told = 0;
    std::vector<asio::awaitable<void>> questions;
    for (int index = 0; index < 60; ++index) questions.push_back(ask_once(accounts().logins(), strangers(), told));
    temp.loop().run_all(std::move(questions));
    EXPECT_EQ(told, 10);
}

TEST_F(SignUps, need_a_password_while_it_opens_something)
{
    EXPECT_EQ(field_error_of(run(accounts().logins().sign_up({mobile, {}, {}, {}, {}}))), "password required");
    EXPECT_EQ(field_error_of(sign_up(mobile, "aaaaaaaa")), "password too_simple");
    EXPECT_EQ(field_error_of(sign_up(mobile, "(202) 555-0100")), "password own_number");
}

class SignUpsByCodeOnly : public SignUps {
protected:
    AccountsOptions options() const override
    {
        auto options = SignUps::options();
        options.password_login = PasswordLogin::disabled;
        return options;
    }
};

TEST_F(SignUpsByCodeOnly, need_no_password)
{
    auto request = owners();
    request.password = {};
    auto const token = sign_up_as(request).signup_token;
    EXPECT_EQ(prove({}, token).value().user.name, "Leda");
    EXPECT_EQ(kept(), "Leda|leda@sparta.example||;");
}

} // namespace
} // namespace pollux::accounts
