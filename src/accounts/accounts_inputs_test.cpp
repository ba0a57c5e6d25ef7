#include "accounts/accounts_inputs.hpp"

#include "accounts/user.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(User, is_shown_with_these_members_and_no_others)
{
    User user{.id = UserId{7}, .mobile = "+11234567890", .tier = "basic", .is_verified = true, .date_joined = time_of(0)};
    EXPECT_EQ(to_json(user), R"({"id":7,"mobile":"+11234567890","name":null,"email":null,"tier":"basic","is_verified":true,)"
                             R"("is_admin":false,"date_joined":"1970-01-01T00:00:00.000000Z","custom_instructions":""})");
    user.name = "Leda \"L\"";
    user.email = "leda@sparta.example";
    EXPECT_NE(to_json(user).find(R"("name":"Leda \"L\"","email":"leda@sparta.example")"), std::string::npos);
}

template <class T>
void expect_refused(std::string_view json, std::string_view field)
{
    auto const value = from_json<T>(json);
    ASSERT_FALSE(value) << json;
    EXPECT_EQ(value.error().kind(), ErrorKind::invalid) << json;
    ASSERT_FALSE(value.error().fields().empty()) << json;
    EXPECT_EQ(value.error().fields()[0].field, field) << json;
}

TEST(VerifyOtp, takes_six_digits_as_text)
{
    auto const body = from_json<VerifyOtp>(R"({"mobile":"1234567890","code":"012345","purpose":"forgot"})");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->code.value, "012345");
    EXPECT_EQ(body->purpose, Purpose::forgot);
    for (auto code : {R"("12345")", R"("1234567")", R"("12a456")", R"("１２３４５")", "123456", "null", "123456.0", R"(["123456"])",
                      R"("")", R"("12 456")", R"("123,456")", R"("123456                                          ")"}) {
        expect_refused<VerifyOtp>(R"({"mobile":"1234567890","purpose":"login","code":)" + std::string(code) + "}", "code");
    }
    expect_refused<VerifyOtp>(R"({"mobile":"1234567890","code":"123456","purpose":"admin"})", "purpose");
    expect_refused<VerifyOtp>(R"({"mobile":"1234567890","code":"123456"})", "purpose");
    expect_refused<VerifyOtp>(R"({"mobile":1234567890,"code":"123456","purpose":"login"})", "mobile");
}

TEST(VerifyOtp, takes_codes_as_people_paste_them)
{
    for (auto code : {"123 456", "123-456", "１２３４５６", "\u202A123456\u202C", "123\u00A0456", "123\u2011456", " 123456\\n", "١٢٣٤٥٦"}) {
        auto const body = from_json<VerifyOtp>(R"({"mobile":"1234567890","purpose":"login","code":")" + std::string(code) + "\"}");
        ASSERT_TRUE(body) << code;
        EXPECT_EQ(body->code.value, "123456") << code;
    }
}

TEST(SignUp, counts_characters_not_bytes)
{
    auto body = [](std::string const& password) { return R"({"mobile":"1234567890","password":")" + password + "\"}"; };
    std::string umlauts;
    for (int count = 0; count < 256; ++count) umlauts += "ü";
    EXPECT_TRUE(from_json<SignUp>(body("12345678")));
    EXPECT_TRUE(from_json<SignUp>(body(umlauts)));
    EXPECT_TRUE(from_json<SignUp>(body("        ")));
    expect_refused<SignUp>(body(umlauts + "x"), "password");
    expect_refused<SignUp>(body("1234567"), "password");
    expect_refused<SignUp>(body("üüüü"), "password");
    expect_refused<SignUp>(body("1234567\\u0000"), "password");
}

TEST(SignUp, lets_nobody_choose_their_role)
{
    for (auto field : {"tier", "is_admin", "is_verified", "id", "user_id", "role", "is_superuser", "date_joined"}) {
        expect_refused<SignUp>(R"({"mobile":"1234567890","password":"testpass123",")" + std::string(field) + "\":1}", field);
        expect_refused<ChangeProfile>("{\"" + std::string(field) + "\":1}", field);
    }
    expect_refused<ChangeProfile>(R"({"mobile":"+11234567890"})", "mobile");
}

TEST(ChangeProfile, tells_null_from_nothing)
{
    auto const cleared = from_json<ChangeProfile>(R"({"name":null})");
    ASSERT_TRUE(cleared);
    EXPECT_TRUE(cleared->name.has_value());
    EXPECT_FALSE(cleared->name->value.has_value());
    EXPECT_FALSE(cleared->email.has_value());
    EXPECT_TRUE(from_json<ChangeProfile>("{}"));
    expect_refused<ChangeProfile>(R"({"custom_instructions":null})", "custom_instructions");
    expect_refused<ChangeProfile>(R"({"custom_instructions":")" + std::string(4001, 'x') + "\"}", "custom_instructions");
    expect_refused<ChangeProfile>(R"({"name":"a\u202Eb"})", "name");
    expect_refused<ChangeProfile>(R"({"name":"a\nb"})", "name");
    expect_refused<ChangeProfile>(R"({"name":""})", "name");
}

TEST(EmailText, is_something_at_something)
{
    for (auto email : {"a@b", "leda@sparta.example", "a+b@c.d"})
        EXPECT_TRUE(from_json<ChangeProfile>(R"({"email":")" + std::string(email) + "\"}"));
    for (auto email : {"", "@b", "a@", "ab", "a@b@c", "a b@c", "a@b\\n"})
        expect_refused<ChangeProfile>(R"({"email":")" + std::string(email) + "\"}", "email");
    expect_refused<ChangeProfile>(R"({"email":")" + std::string(254, 'a') + "@b\"}", "email");
}

} // namespace
} // namespace pollux::accounts
