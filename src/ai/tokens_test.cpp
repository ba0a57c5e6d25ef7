#include "ai/tokens.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pollux::ai {
namespace {

TEST(EstimateTokens, counts_by_script)
{
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_EQ(estimate_tokens("word"), 1);
    EXPECT_EQ(estimate_tokens("a"), 1);
    EXPECT_EQ(estimate_tokens(std::string(4000, 'x')), 1000);
    EXPECT_EQ(estimate_tokens("привет"), 3);
    EXPECT_EQ(estimate_tokens("你好世界"), 4);
    EXPECT_EQ(estimate_tokens("😀"), 2);
}

TEST(EstimateTokens, longer_text_never_counts_less)
{
    std::string const text = "Grüße, 世界! 😀 \xff\xc0 {\"a\": [1, 2]}\n";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        EXPECT_GE(estimate_tokens(text.substr(0, size)), estimate_tokens(text.substr(0, size - 1))) << size;
    }
}

} // namespace
} // namespace pollux::ai
