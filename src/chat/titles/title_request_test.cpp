#include "chat/titles/title_request.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

TEST(TitleRequest, holds_the_first_exchange_and_the_word_limit)
{
    auto const request = title_request("Wie geht Sauerteig?", "Mit Geduld.");
    ASSERT_EQ(request.turns.size(), 3u);
    EXPECT_EQ(request.turns[0].text, "Wie geht Sauerteig?");
    EXPECT_EQ(request.turns[1].text, "Mit Geduld.");
    EXPECT_EQ(request.turns[1].role, ai::Role::assistant);
    for (auto const& said : {request.system, request.turns[2].text}) {
        EXPECT_NE(said.find("at most six words"), std::string::npos) << said;
        EXPECT_NE(said.find("language"), std::string::npos) << said;
    }
    EXPECT_EQ(request.purpose, ai::Purpose::title);
}

TEST(TitleRequest, is_short_however_long_they_are)
{
    std::string question;
    for (int count = 0; count < 32'000; ++count) question += "é";
    auto const request = title_request(question, std::string(1'000'000, 'x'));
    EXPECT_EQ(code_points(request.turns[0].text), 2'000u);
    EXPECT_EQ(request.turns[1].text.size(), 2'000u);
}

} // namespace
} // namespace pollux::chat
