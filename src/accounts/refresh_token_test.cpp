#include "accounts/refresh_token.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

TEST(RefreshToken, is_read_as_it_was_written)
{
    RefreshTokens const tokens("key");
    auto const text = tokens.issue(UserId{17}, SessionId{23}, 5, "seed");
    EXPECT_TRUE(text.starts_with("v1.17.23.5."));
    auto const token = read_refresh_token(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->user, UserId{17});
    EXPECT_EQ(token->session, SessionId{23});
    EXPECT_EQ(token->counter, 5);
    EXPECT_TRUE(tokens.is_genuine(*token, "seed"));
    EXPECT_FALSE(tokens.is_genuine(*token, "another seed"));
    EXPECT_FALSE(RefreshTokens("another key").is_genuine(*token, "seed"));
    EXPECT_EQ(text, tokens.issue(UserId{17}, SessionId{23}, 5, "seed")); // A lost answer can be given again.
}

TEST(RefreshToken, with_another_number_is_not_genuine)
{
    RefreshTokens const tokens("key");
    auto const genuine = read_refresh_token(tokens.issue(UserId{17}, SessionId{23}, 5, "seed")).value();
    for (auto change : {0, 1, 2}) {
        auto forged = genuine;
        if (change == 0) ++forged.user.value;
        if (change == 1) ++forged.session.value;
        if (change == 2) ++forged.counter;
        EXPECT_FALSE(tokens.is_genuine(forged, "seed")) << change;
    }
    for (std::size_t index = 0; index < genuine.mac.size(); ++index) {
        auto forged = genuine;
        forged.mac[index] = forged.mac[index] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(tokens.is_genuine(forged, "seed")) << index;
    }
}

TEST(RefreshToken, has_one_form)
{
    std::string const mac(43, 'A');
    EXPECT_TRUE(read_refresh_token("v1.1.2.3." + mac));
    std::string const refused[] = {
        "",
        "v1",
        "v1.",
        "v2.1.2.3." + mac,
        "V1.1.2.3." + mac,
        ".1.2.3." + mac,
        "v1.1.2.3",
        "v1.1.2.3.",
        "v1.1.2." + mac,
        "v1.0.2.3." + mac,
        "v1.01.2.3." + mac,
        "v1.+1.2.3." + mac,
        "v1.-1.2.3." + mac,
        "v1. 1.2.3." + mac,
        "v1.1.2.3e0." + mac,
        "v1.1.2.0." + mac,
        "v1.1.2.99999999999999999999." + mac,
        "v1.1.2.3." + mac + "A",
        "v1.1.2.3." + mac.substr(1),
        "v1.1.2.3." + mac + ".",
        "v1.1.2.3.4." + mac,
        " v1.1.2.3." + mac,
        "v1.1.2.3." + mac + "\n",
        "v1..2.3." + mac,
        "v1.1.2.3." + mac.substr(1) + ".",
        std::string(100'000, '1'),
    };
    for (auto const& text : refused) EXPECT_FALSE(read_refresh_token(text)) << text.substr(0, 80);
}

} // namespace
} // namespace pollux::accounts
