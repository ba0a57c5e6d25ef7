#include "accounts/password_rules.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(PasswordRules, knows_thousands_of_common_passwords)
{
    EXPECT_GE(common_password_count(), 3000u);
}

TEST(PasswordRules, refuses_common_ones_in_any_case)
{
    // The first and the last line of the list, and some between.
    for (auto password :
         {"!qaz2wsx", "zzzzzzz1", "11111111", "password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "password123"}) {
        auto const checked = check_new_password("new_password", password);
        ASSERT_FALSE(checked) << password;
        EXPECT_EQ(checked.error().fields()[0].field, "new_password");
        EXPECT_EQ(checked.error().fields()[0].code, "too_common");
    }
}

TEST(PasswordRules, lets_others_pass)
{
    for (auto password : {"testpass123", "securepassword123", "correct horse battery staple", "пароль-пароль", "", "a", "zzzzzzz",
                          "~~~~~~~~~~", "passwor", "password\n", "00000000\n00000000", "\n"}) {
        EXPECT_TRUE(check_new_password("password", password)) << password;
    }
}

} // namespace
} // namespace pollux::accounts
