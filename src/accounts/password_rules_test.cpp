#include "accounts/password_rules.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(PasswordRules, knows_thousands_of_common_passwords)
{
    EXPECT_GE(common_password_count(), 3000u);
}

std::string code_of(std::string_view password, std::string_view mobile = "+491701234567")
{
    auto const checked = check_new_password("new_password", password, mobile);
    if (checked) return "";
    Error const error = checked.error();
    EXPECT_EQ(error.fields()[0].field, "new_password");
    return error.fields()[0].code;
}

TEST(PasswordRules, refuses_common_ones_in_any_case)
{
    // The first and the last line of the list, and some between.
    for (auto password : {"!qaz2wsx", "zzzzzzz1", "password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "password123"}) {
        EXPECT_EQ(code_of(password), "too_common") << password;
    }
}

TEST(PasswordRules, refuses_common_ones_in_disguise)
{
    for (auto password : {"password\n", "pass word", "p a s s w o r d", "ｐａｓｓｗｏｒｄ", "１２３４５６７８", "pass\u200Bword",
                          "\u00A0password", "passwordpassword", "qwertyuiopqwertyuiopqwert"}) {
        EXPECT_EQ(code_of(password), "too_common") << password;
    }
}

TEST(PasswordRules, refuses_what_says_nothing)
{
    for (auto password : {"        ",
                          "\u200B\u200B\u200B\u200B\u200B\u200B\u200B\u200B",
                          "\u3000\u3000\u3000\u3000\u3000\u3000\u3000\u3000",
                          "\u00AD \u2060 \uFEFF \u3164 \uFE0F",
                          "\t\n\t\n\t\n\t\n",
                          "~~~~~~~~~~",
                          "ääääääää",
                          "а а а а а а а а",
                          "𝟛𝟛𝟛𝟛𝟛𝟛𝟛𝟛𝟛",
                          "abababababab",
                          "x1x1x1x1x1x1x",
                          "ab1ab1ab1ab1",
                          "ж9ж9ж9ж9",
                          "aaaaaaab",
                          "abbbbbbbbb",
                          "a       ",
                          "23456789012",
                          "98765432109",
                          "jklmnopqr",
                          "zyxwvuts",
                          "٢٣٤٥٦٧٨٩٠١"}) {
        auto const code = code_of(password);
        EXPECT_TRUE(code == "too_simple" || code == "too_common") << password << " " << code;
    }
    for (auto password : {"aaaaaaaa", "AAAAAAAA", "11111111", "00000000\n00000000"}) EXPECT_NE(code_of(password), "") << password;
}

TEST(PasswordRules, refuses_the_own_number_in_any_spelling)
{
    for (auto password : {"+491701234567", "491701234567", "00491701234567", "01701234567", "1701234567", "0170 1234567", "0170/123-45-67",
                          "+49 (0)170 1234567", "0049 (0) 170 1234567", "(0170) 1234567", "+49 170 1234567", "０１７０１２３４５６７",
                          "٠١٧٠١٢٣٤٥٦٧", "011491701234567", "0170\u20111234567", "0170.123.45.67", "01701234567 01701234567"}) {
        EXPECT_EQ(code_of(password), "own_number") << password;
    }
    EXPECT_EQ(code_of("01701234568"), ""); // Somebody else's.
    EXPECT_EQ(code_of("01701234567", ""), "");
    EXPECT_EQ(code_of("my 01701234567!"), "");
}

TEST(PasswordRules, lets_others_pass)
{
    for (auto password : {"testpass123", "securepassword123", "correct horse battery staple", "пароль-пароль", "passwor",
                          "glockenspiel glockenspiel", "中文密码很安全的", "abcabd12", "2468101214"}) {
        EXPECT_EQ(code_of(password), "") << password;
    }
}

} // namespace
} // namespace pollux::accounts
