// What users see of themselves, and what is left of them when they go.
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Profile : public AccountsTest {
protected:
    void SetUp() override { sign_up().value(); }

    Result<void> remove(http::Identity identity, std::optional<std::string> with_password = {})
    {
        return run(accounts().profiles().remove(identity, std::move(with_password)));
    }

    void confirm(http::Identity identity)
    {
        auto asking = request(CodePurpose::confirm);
        asking.identity = asking.device = identity;
        auto answer = verification(*send(asking).value().otp.value, CodePurpose::confirm);
        answer.identity = identity;
        run(accounts().logins().confirm(answer)).value();
        advance(61s);
    }
};

TEST_F(Profile, changes_what_is_given_and_nothing_else)
{
    auto const user = identity_of(new_session()).user;
    ProfileChange change{.name_change = FieldChange::set, .name = "Leda", .email_change = FieldChange::set, .email = "a@b"};
    auto const changed = run(accounts().profiles().change(user, change)).value();
    EXPECT_EQ(changed.name, "Leda");
    EXPECT_EQ(changed.email, "a@b");
    auto const instructed = run(accounts().profiles().change(user, {.custom_instructions = "Answer in verse."})).value();
    EXPECT_EQ(instructed.name, "Leda");
    EXPECT_EQ(instructed.custom_instructions, "Answer in verse.");
    auto const cleared = run(accounts().profiles().change(user, {.name_change = FieldChange::set})).value();
    EXPECT_EQ(cleared.name, std::nullopt);
    EXPECT_EQ(cleared.email, "a@b");
    EXPECT_EQ(cleared.custom_instructions, "Answer in verse.");
    auto const brief = run(accounts().user_brief(user)).value();
    EXPECT_EQ(brief.custom_instructions, "Answer in verse.");
    EXPECT_EQ(brief.tier, "basic");
    EXPECT_EQ(to_json(run(accounts().profiles().me(user)).value()), to_json(cleared));
    EXPECT_FALSE(run(accounts().user_brief(UserId{99})));
}

asio::awaitable<void> erase_notes(db::Transaction& transaction, UserId user)
{
    co_await transaction.run("delete from notes where user_id = $1", user);
}

TEST_F(Profile, is_deleted_with_everything_in_a_confirmed_session)
{
    run(temp.database().write("create table notes (user_id bigint references users (id))"));
    run(temp.database().write("insert into notes select id from users"));
    std::vector<UserId> erased;
    accounts().add_eraser({.erase = [](db::Transaction& transaction, UserId user) { return erase_notes(transaction, user); },
                           .erased = [&](UserId user) { erased.push_back(user); }});
    sign_up("+12025550199").value();
    auto const stranger = new_session("+12025550199");
    auto const login = new_session();
    auto const elsewhere = new_session();
    auto const identity = identity_of(login);

    EXPECT_EQ(error_of(remove(identity)), "confirmation_required"); // A fresh login is no confirmation.
    confirm(identity_of(elsewhere));
    EXPECT_EQ(error_of(remove(identity)), "confirmation_required"); // Another session was confirmed.
    confirm(identity);
    advance(30min - 61s);
    EXPECT_EQ(error_of(remove(identity)), "confirmation_required"); // Half an hour is over.
    confirm(identity);
    auto const here = refresh(login.refresh).value().access;
    auto const there = refresh(elsewhere.refresh).value().access;
    auto const theirs = refresh(stranger.refresh).value().access;
    EXPECT_TRUE(remove(identity));

    EXPECT_EQ(erased, std::vector{identity.user});
    EXPECT_EQ(refusal_of(here), "session_ended");
    EXPECT_EQ(refusal_of(there), "session_ended");
    EXPECT_EQ(error_of(refresh(login.refresh)), "refresh_invalid");
    EXPECT_EQ(error_of(run(accounts().profiles().me(identity.user))), "session_ended");
    EXPECT_EQ(error_of(run(accounts().profiles().change(identity.user, {}))), "session_ended");
    EXPECT_EQ(error_of(remove(identity)), "session_ended");
    EXPECT_EQ(count("select count(*) from users where mobile = '+12025550100'"), 0);
    EXPECT_EQ(count("select count(*) from sessions"), 1);
    EXPECT_EQ(refusal_of(theirs), "");
    // Another node learns of it, too.
    AccountsService other_node(temp.database(), notices, temp.clock(), options());
    run(other_node.poll_ended_sessions());
    EXPECT_EQ(other_node.authenticator()(here).error().code(), "session_ended");
}

TEST_F(Profile, is_deleted_with_the_password_that_counts)
{
    auto const identity = identity_of(new_session());
    EXPECT_EQ(error_of(remove(identity, password)), "confirmation_required"); // The sign-up's, never given with a code.
    auto asking = request(CodePurpose::signup);
    asking.device = identity;
    auto verifying = verification(*send(asking).value().otp.value, CodePurpose::signup);
    verifying.password = password;
    verify(verifying).value();
    EXPECT_EQ(error_of(remove(identity, "another password")), "confirmation_required");
    EXPECT_TRUE(remove(identity, password));
    EXPECT_EQ(count("select count(*) from users where name is not null or password_hash is not null or mobile not like 'gone:%'"), 0);
    EXPECT_EQ(count("select count(*) from sessions"), 0);
}

TEST_F(Profile, of_a_deleted_user_leaves_the_number_free_and_the_days_use_with_it)
{
    static constexpr db::Sql use_sql = "insert into usage_days (user_id, day, used) values ($1, $2, 5)";
    static constexpr db::Sql used_sql = "select coalesce(max(used), 0) from usage_days where user_id = $1 and day = $2";
    auto today = [&] { return day_of(temp.clock().now()); };
    auto used = [&](UserId user) { return run(temp.database().read(used_sql, user, today())).front().only().integer(); };
    auto const first = identity_of(new_session());
    run(temp.database().write(use_sql, first.user, today()));
    confirm(first);
    EXPECT_TRUE(remove(first));
    EXPECT_EQ(used(first.user), 0);
    EXPECT_EQ(count("select count(*) from gone_numbers where number_key like '%2025550100%'"), 0) << "the number itself";

    sign_up().value();
    auto const second = identity_of(new_session());
    EXPECT_NE(second.user, first.user);
    EXPECT_EQ(used(second.user), 5) << "as before";
    confirm(second);
    EXPECT_TRUE(remove(second));
    advance(24h);
    sign_up().value();
    EXPECT_EQ(used(identity_of(new_session()).user), 0) << "a new day";
}

asio::awaitable<void> fail(db::Transaction&, UserId)
{
    throw std::runtime_error("an eraser failed");
    co_return;
}

TEST_F(Profile, stays_whole_when_an_eraser_fails)
{
    bool told = false;
    accounts().add_eraser({.erase = [](db::Transaction& transaction, UserId user) { return fail(transaction, user); },
                           .erased = [&](UserId) { told = true; }});
    auto const login = new_session();
    confirm(identity_of(login));
    EXPECT_THROW((void)remove(identity_of(login)), std::runtime_error);
    EXPECT_FALSE(told);
    EXPECT_EQ(refusal_of(login.access), "");
    EXPECT_TRUE(refresh(login.refresh));
}

TEST_F(Profile, of_an_unverified_user_is_deleted_after_a_day)
{
    advance(24h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from users"), 1);
    advance(1us);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from users"), 0);
}

TEST_F(Profile, is_all_that_is_left_after_a_year)
{
    auto const old = identity_of(new_session());
    run(accounts().sessions().log_out(old, LogoutScope::all_sessions, {})).value();
    auto const code = *send(CodePurpose::reset_password).value().otp.value;
    run(accounts().logins().begin_reset(verification(code, CodePurpose::reset_password))).value();
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from one_time_codes"), 2); // All of this still counts for something.
    EXPECT_EQ(count("select count(*) from reset_tokens"), 1);
    EXPECT_EQ(count("select count(*) from ended_sessions"), 1);

    advance(49h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from one_time_codes"), 0);
    EXPECT_EQ(count("select count(*) from code_numbers"), 0);
    EXPECT_EQ(count("select count(*) from reset_tokens"), 0);
    EXPECT_EQ(count("select count(*) from ended_sessions"), 0);
    EXPECT_EQ(count("select count(*) from sessions"), 1); // Its device may still ask for the codes that strangers may not.

    advance(365 * 24h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from sessions"), 0);
    EXPECT_EQ(count("select count(*) from users"), 1);
}

TEST_F(Profile, clean_up_goes_on_batch_by_batch)
{
    run(temp.database().write(R"(
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 1201)
        insert into users (mobile, date_joined) select '+49' || (1000000 + i), i from n)"));
    advance(1h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from users"), 1);
}

} // namespace
} // namespace pollux::accounts
