// Sign-up, passwords, resets and admins against the database.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Logins : public AccountsTest {
protected:
    Result<SignedUp> sign_up_as(SignUpRequest request) { return run(accounts().logins().sign_up(std::move(request))); }

    // A code, and what the sign-up's password makes of it.
    Result<LoggedIn> verify_with(std::optional<std::string> given, CodePurpose purpose = CodePurpose::signup)
    {
        auto verifying = verification(*send(purpose).value().otp.value, purpose);
        verifying.password = std::move(given);
        advance(61s);
        return verify(verifying);
    }

    std::string reset_token()
    {
        auto const code = *send(CodePurpose::reset_password).value().otp.value;
        advance(61s);
        return run(accounts().logins().begin_reset(verification(code, CodePurpose::reset_password))).value();
    }

    Result<void> reset(std::string token, std::string new_password)
    {
        return run(accounts().passwords().reset(std::move(token), std::move(new_password)));
    }
};

TEST_F(Logins, sign_up_makes_an_unverified_user)
{
    auto const user = sign_up_as({"(202) 555-0100", password, "Leda", "leda@sparta.example", {}}).value();
    EXPECT_EQ(user.mobile, mobile);
    EXPECT_EQ(user.name, "Leda");
    EXPECT_EQ(user.email, "leda@sparta.example");
    EXPECT_EQ(user.tier, "basic");
    EXPECT_FALSE(user.is_verified);
    EXPECT_FALSE(user.is_admin);
    EXPECT_EQ(user.date_joined, temp.clock().now());
    EXPECT_EQ(field_error_of(sign_up("12")), "mobile too_short");
    EXPECT_EQ(field_error_of(sign_up(mobile, "password123")), "password too_common");
}

TEST_F(Logins, sign_ups_of_a_number_stand_beside_each_other_until_one_is_proven)
{
    auto const first = sign_up_as({mobile, password, "Castor", {}, {}}).value();
    advance(1s);
    auto const second = sign_up_as({mobile, "another password", {}, {}, {}}).value();
    EXPECT_EQ(first.id, second.id);
    EXPECT_EQ(second.name, std::nullopt);
    EXPECT_EQ(field_error_of(verify_with("no sign-up's password")), "password mismatch");
    EXPECT_EQ(verify_with("another password").value().user.name, std::nullopt);
    EXPECT_EQ(error_of(sign_up()), "mobile_taken");
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
    EXPECT_TRUE(log_in("another password"));
    EXPECT_EQ(field_error_of(verify_with(password)), "password mismatch") << "the other sign-up is gone";
}

asio::awaitable<void> sign_up_once(LoginService& logins, std::string mobile, std::vector<std::string>& outcomes)
{
    auto const user = co_await logins.sign_up({std::move(mobile), "testpass123", {}, {}, {}});
    outcomes.push_back(user ? std::to_string(user->id.value) : user.error().code());
}

TEST_F(Logins, sign_ups_at_once_make_one_user)
{
    std::vector<std::string> outcomes;
    std::vector<asio::awaitable<void>> sign_ups;
    for (int index = 0; index < 20; ++index) sign_ups.push_back(sign_up_once(accounts().logins(), mobile, outcomes));
    temp.loop().run_all(std::move(sign_ups));
    EXPECT_EQ(outcomes, std::vector<std::string>(20, "1"));
    EXPECT_EQ(count("select count(*) from users"), 1);
}

TEST_F(Logins, sign_up_loses_against_a_verification_meanwhile)
{
    sign_up().value();
    run(temp.database().write("update users set is_verified = 1"));
    NewUser const late{mobile, "hash", temp.clock().now()};
    auto const outcome =
        run(temp.database().transact([late](db::Transaction& transaction) { return UserStore::sign_up(transaction, late); }));
    EXPECT_FALSE(outcome);
    EXPECT_EQ(count("select count(*) from users where pending_password_hash = 'hash'"), 0);
}

TEST_F(Logins, a_sign_ups_password_counts_once_it_came_with_a_right_code)
{
    sign_up().value();
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
    EXPECT_TRUE(verify_with(std::nullopt)); // Verified, but nobody has shown that the password is theirs.
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
    EXPECT_EQ(field_error_of(verify_with("another password")), "password mismatch");
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
    EXPECT_TRUE(verify_with(password, CodePurpose::login));
    EXPECT_TRUE(log_in(password));
    EXPECT_EQ(error_of(log_in("another password")), "wrong_credentials");
}

TEST_F(Logins, a_wrong_password_does_not_use_up_the_code)
{
    sign_up().value();
    auto verifying = verification(*send().value().otp.value);
    verifying.password = "another password";
    EXPECT_EQ(field_error_of(verify(verifying)), "password mismatch");
    verifying.password = {};
    EXPECT_TRUE(verify(verifying));
}

TEST_F(Logins, a_wrong_code_tells_nothing_of_the_password)
{
    sign_up().value();
    auto const code = *send().value().otp.value;
    for (auto given : {password, "another password"}) {
        auto verifying = verification(wrong(code));
        verifying.password = given;
        EXPECT_EQ(error_of(verify(verifying)), "invalid_code");
    }
}

TEST_F(Logins, by_password_answer_alike_for_wrong_and_unknown)
{
    sign_up().value();
    EXPECT_TRUE(verify_with(password));
    auto const wrong_one = log_in("not the password");
    auto const unknown = run(accounts().logins().log_in_by_password("+12025550111", password, {}, guesser));
    EXPECT_EQ(wrong_one.error().code(), unknown.error().code());
    EXPECT_EQ(wrong_one.error().message(), unknown.error().message());
    EXPECT_EQ(wrong_one.error().kind(), ErrorKind::unauthenticated);
}

TEST_F(Logins, reset_sets_a_password_once_and_ends_all_sessions)
{
    sign_up().value();
    auto const session = new_session();
    auto const token = reset_token();
    EXPECT_EQ(token.size() - token.find('.'), 44u);
    EXPECT_EQ(field_error_of(reset(token, "password123")), "new_password too_common");
    EXPECT_EQ(error_of(reset(token + "A", "a new password")), "invalid_reset_token");
    EXPECT_EQ(error_of(reset("1" + token, "a new password")), "invalid_reset_token") << "another user's";
    EXPECT_TRUE(reset(token, "a new password"));
    EXPECT_EQ(error_of(reset(token, "a newer password")), "invalid_reset_token");
    EXPECT_EQ(refusal_of(session.access), "session_ended");
    EXPECT_EQ(error_of(refresh(session.refresh)), "session_ended");
    EXPECT_TRUE(log_in("a new password"));
    EXPECT_EQ(error_of(log_in(password)), "wrong_credentials");
    auto const rows = run(temp.database().read("select count(*) from reset_tokens"));
    EXPECT_EQ(rows.front().only().integer(), 0);
}

TEST_F(Logins, reset_token_holds_for_10_minutes_and_is_kept_hashed)
{
    sign_up().value();
    auto const token = reset_token();
    EXPECT_NE(run(temp.database().read("select token_hash from reset_tokens")).front().only().text(), token);
    advance(10min - 1us);
    auto const first_use = reset(token, "a new password");
    EXPECT_TRUE(first_use);
    auto const late = reset_token();
    advance(10min);
    EXPECT_EQ(error_of(reset(late, "a newer password")), "invalid_reset_token");
}

TEST_F(Logins, reset_verifies_the_number)
{
    sign_up().value();
    EXPECT_TRUE(reset(reset_token(), "a new password"));
    EXPECT_EQ(error_of(sign_up()), "mobile_taken");
    EXPECT_TRUE(log_in("a new password"));
}

TEST_F(Logins, changing_the_password_ends_the_other_sessions)
{
    sign_up().value();
    EXPECT_TRUE(verify_with(password));
    auto const here = new_session();
    auto const there = new_session();
    auto change = [&](std::string from, std::string to) {
        return run(accounts().passwords().change(identity_of(here), std::move(from), std::move(to)));
    };
    EXPECT_EQ(error_of(change("wrong password", "a new password")), "wrong_password");
    EXPECT_EQ(field_error_of(change(password, "password123")), "new_password too_common");
    EXPECT_EQ(refusal_of(there.access), "");
    EXPECT_TRUE(change(password, "a new password"));
    EXPECT_EQ(refusal_of(here.access), "");
    EXPECT_TRUE(refresh(here.refresh));
    EXPECT_EQ(refusal_of(there.access), "session_ended");
    EXPECT_EQ(error_of(refresh(there.refresh)), "session_ended");
    EXPECT_TRUE(log_in("a new password"));
    EXPECT_EQ(error_of(change(password, "a newer password")), "wrong_password");
}

TEST_F(Logins, a_password_that_does_not_count_cannot_be_changed)
{
    sign_up().value();
    auto const login = new_session(); // By code, without the password.
    EXPECT_EQ(error_of(run(accounts().passwords().change(identity_of(login), password, "a new password"))), "wrong_password");
}

TEST_F(Logins, confirm_marks_the_session_that_asked)
{
    sign_up().value();
    sign_up("+12025550199").value();
    auto const here = identity_of(new_session());
    auto const there = identity_of(new_session());
    auto const stranger = identity_of(new_session("+12025550199"));

    auto asking = request(CodePurpose::confirm);
    EXPECT_EQ(error_of(send(asking)), "token_missing");
    asking.identity = stranger;
    EXPECT_EQ(field_error_of(send(asking)), "mobile not_yours");
    asking.identity = here;
    auto answer = verification(*send(asking).value().otp.value, CodePurpose::confirm);
    EXPECT_EQ(error_of(run(accounts().logins().confirm(answer))), "token_missing");
    answer.identity = there; // Asked for by another session.
    EXPECT_EQ(error_of(run(accounts().logins().confirm(answer))), "invalid_code");
    answer.identity = here;
    EXPECT_EQ(run(accounts().logins().confirm(answer)).value(), temp.clock().now() + 30min);
    EXPECT_EQ(count("select count(*) from sessions where confirmed_until is not null"), 1);
    EXPECT_EQ(error_of(run(accounts().logins().confirm(answer))), "invalid_code");
}

TEST_F(Logins, superuser_is_a_verified_admin)
{
    EXPECT_EQ(field_error_of(run(accounts().create_superuser("12", {}))), "mobile too_short");
    EXPECT_EQ(field_error_of(run(accounts().create_superuser(mobile, "short"))), "password length");
    EXPECT_EQ(field_error_of(run(accounts().create_superuser(mobile, "password123"))), "password too_common");
    auto const admin = run(accounts().create_superuser(mobile, "a good password")).value().user;
    EXPECT_TRUE(admin.is_admin);
    EXPECT_TRUE(admin.is_verified);
    EXPECT_TRUE(log_in("a good password"));
    EXPECT_EQ(error_of(sign_up()), "mobile_taken");

    auto const again = run(accounts().create_superuser(mobile, {})).value().user;
    EXPECT_EQ(again.id, admin.id);
    EXPECT_TRUE(log_in("a good password"));

    auto const user = sign_up("+12025550199").value(); // Somebody's unverified sign-up, with their password.
    auto const promoted = run(accounts().create_superuser("+12025550199", {})).value().user;
    EXPECT_EQ(promoted.id, user.id);
    EXPECT_TRUE(promoted.is_admin);
    EXPECT_EQ(count("select count(*) from users where pending_password_hash is not null"), 0);
}

// As it is without PASSWORD_LOGIN=True.
class CodesOnly : public Logins {
protected:
    AccountsOptions options() const override
    {
        auto options = Logins::options();
        options.password_login = PasswordLogin::disabled;
        return options;
    }
};

TEST_F(CodesOnly, refuse_passwords)
{
    sign_up().value();
    auto const refused = log_in(password);
    EXPECT_EQ(refused.error().kind(), ErrorKind::forbidden);
    EXPECT_EQ(refused.error().code(), "password_login_disabled");
}

} // namespace
} // namespace pollux::accounts
