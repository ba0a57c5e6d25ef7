// Accounts that were made when numbers were read without calling codes and lengths, and those made since.
#include "accounts/known_number.hpp"
#include "numbers/old_number.hpp"
#include "store/accounts_fixture.hpp"

namespace pollux::accounts {
namespace {

class Numbers : public AccountsTest {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.numbers = plan();
        return options;
    }

    static numbers::NumberPlan plan() { return {.default_country_code = "44", .allowed_countries = {}, .extra_lengths = {}}; }

    // As the service of that time did with what was typed.
    std::string old_account(std::string const& typed, bool is_verified = true)
    {
        auto const number = numbers::read_old_number(typed, plan()).value();
        auto const hash = run(hasher_.hash(password, PasswordTurn::first));
        NewUser const user{number, hash.value(), temp.clock().now()};
        EXPECT_TRUE(run(temp.database().transact([user](db::Transaction& transaction) { return UserStore::sign_up(transaction, user); })));
        if (is_verified) verify_account(number, hash.value());
        return number;
    }

    void verify_account(std::string number, std::string hash)
    {
        run(temp.database().transact([number, hash](db::Transaction& transaction) { return verified(transaction, number, hash); })).value();
    }

    static asio::awaitable<Result<std::int64_t>> verified(db::Transaction& transaction, std::string number, std::string hash)
    {
        auto const user = co_await UserStore::verify(transaction, number, {{}, {}, hash}, {});
        co_return user ? user->id.value : 0;
    }

    // Whose account opens by a code that is asked for and given with this spelling; else the code of what is refused.
    std::string opened_by(std::string typed)
    {
        auto sending = request(CodePurpose::login, typed);
        sending.network_prefix = "network " + std::to_string(++networks_);
        auto const sent = send(sending);
        if (!sent) return field_error_of(sent);
        if (!sent->otp.value) return "no code";
        auto const login = verify(verification(*sent->otp.value, CodePurpose::login, typed));
        advance(25h); // A number has its codes of a day.
        return login ? login->user.mobile : error_of(login);
    }

    std::string opened_by_password(std::string typed)
    {
        auto const login = run(accounts().logins().log_in_by_password(typed, password, {"192.0.2.7", "test"}, guesser));
        return login ? login->user.mobile : field_error_of(login);
    }

private:
    PasswordPool hasher_{1, 8};
    int networks_ = 0;
};

// Every wrong spelling that was taken: with the code but no plus, 00, trunk zeros behind the code, too short, too long, no country's.
constexpr char const* old_spellings[] = {
    "447911123456",    "+44 (0)7911 123457", "07911 123458",    "0044 7911 12345", "001 415 555 0101",  "+0044 79",
    "1234567",         "+447911123",         "+1447911123450",  "+999123456789",   "44-0-7911-123-461", "7911123462",
    "+44 7911 123463", "(07911) 123464",     "+1 900 555 0100", "+3906",           "+49 0151 12345678"};

TEST_F(Numbers, accounts_of_before_are_opened_by_what_made_them_and_by_their_number_with_a_plus)
{
    for (std::string typed : old_spellings) {
        if (!numbers::read_old_number(typed, plan())) continue;
        auto const number = old_account(typed);
        EXPECT_EQ(opened_by(typed), number) << typed;
        EXPECT_EQ(opened_by(number), number) << typed;
        EXPECT_EQ(opened_by_password(typed), number) << typed;
        auto const again = sign_up(typed);
        EXPECT_EQ(error_of(again), "mobile_taken") << typed;
    }
}

TEST_F(Numbers, a_new_account_is_one_for_all_spellings)
{
    ASSERT_EQ(sign_up("447911123456").value().mobile, "+447911123456");
    for (std::string typed : {"+447911123456", "447911123456", "00447911123456", "07911 123456", "+44 (0)7911 123456", "7911123456",
                              "+44\u00a07911\u00a0123456", "\u202a+447911123456\u202c", "+44\u20117911\u2011123456", "٠٧٩١١١٢٣٤٥٦"}) {
        EXPECT_EQ(opened_by(typed), "+447911123456") << typed;
        EXPECT_EQ(error_of(sign_up(typed)), "mobile_taken") << typed;
    }
    EXPECT_EQ(count("select count(*) from users"), 1);
}

TEST_F(Numbers, where_both_exist_the_new_one_counts_and_the_old_one_opens_with_a_plus)
{
    auto const older = old_account("447911123456");
    ASSERT_EQ(older, "+44447911123456");
    ASSERT_EQ(sign_up("+447911123456").value().mobile, "+447911123456");
    // Nobody has shown yet that the new one is theirs: the account stays where it was.
    EXPECT_EQ(opened_by("447911123456"), older);
    EXPECT_EQ(opened_by("+447911123456"), "+447911123456");
    EXPECT_EQ(opened_by("447911123456"), "+447911123456");
    EXPECT_EQ(opened_by("07911123456"), "+447911123456");
    EXPECT_EQ(opened_by("+44447911123456"), older);

    auto const trunk = old_account("07911123457");
    ASSERT_EQ(sign_up("+447911123457").value().mobile, "+447911123457");
    EXPECT_EQ(opened_by("+447911123457"), "+447911123457");
    EXPECT_EQ(opened_by("07911123457"), "+447911123457");
    EXPECT_EQ(opened_by("+44 0 7911 123457"), trunk);
}

TEST_F(Numbers, an_old_sign_up_that_nobody_verified_keeps_nobody_from_their_number)
{
    old_account("447911123456", false);
    EXPECT_EQ(sign_up("447911123456").value().mobile, "+447911123456");
    EXPECT_EQ(opened_by("447911123456"), "+447911123456");
}

TEST_F(Numbers, what_no_phone_can_have_is_refused_with_what_to_do)
{
    for (std::string typed : {"+1447911123450", "123", "+999123456789", "+1 900 555 0100", "+881612345678"}) {
        auto const user = sign_up(typed);
        ASSERT_FALSE(user) << typed;
        EXPECT_EQ(user.error().kind(), ErrorKind::invalid) << typed;
        EXPECT_EQ(user.error().fields().at(0).field, "mobile");
        EXPECT_EQ(field_error_of(send(request(CodePurpose::login, typed))), field_error_of(user));
        EXPECT_EQ(field_error_of(run(accounts().create_superuser(typed, {}))), field_error_of(user));
    }
}

TEST_F(Numbers, an_admin_is_made_of_the_account_that_is_meant)
{
    auto const older = old_account("447911123456");
    EXPECT_EQ(run(accounts().create_superuser("447911123456", {})).value().user.mobile, older);
    EXPECT_EQ(run(accounts().create_superuser("(0)7911 123457", {})).value().user.mobile, "+447911123457");
    EXPECT_EQ(count("select count(*) from users"), 2);
}

} // namespace
} // namespace pollux::accounts
