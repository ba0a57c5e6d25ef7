#include "accounts/user_token.hpp"

#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(UserToken, is_read_as_it_was_written)
{
    auto const secret = random_token();
    auto const text = write_user_token(UserId{17}, secret);
    EXPECT_EQ(text, "17." + secret);
    auto const token = read_user_token(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->user, UserId{17});
    EXPECT_EQ(token->hash, to_base64url(sha256(text)));
}

TEST(UserToken, of_another_user_has_another_hash)
{
    auto const secret = random_token();
    EXPECT_NE(read_user_token("1." + secret)->hash, read_user_token("2." + secret)->hash);
}

TEST(UserToken, is_refused_in_any_other_form)
{
    std::string const secret(43, 'A');
    for (std::string const& text : {std::string(), std::string("."), secret, "." + secret, "0." + secret, "-1." + secret, "+1." + secret,
                                    "01." + secret, "1 ." + secret, "1." + secret + "A", "1." + secret.substr(1),
                                    "1.." + secret.substr(1) + "A", "99999999999999999999." + secret, "x." + secret}) {
        EXPECT_FALSE(read_user_token(text)) << text;
    }
}

} // namespace
} // namespace pollux::accounts
