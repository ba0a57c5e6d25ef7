#include "base/text.hpp"
#include "chat/rooms/room_store.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

TEST(RoomName, is_the_first_line_with_text)
{
    EXPECT_EQ(name_after("Hello there"), "Hello there");
    EXPECT_EQ(name_after("\n \r\n\t Hello \t there \nsecond line"), "Hello there");
    EXPECT_EQ(name_after("one\rtwo"), "one");
    EXPECT_EQ(name_after("a\x01\x02"
                         "b"),
              "a b");
}

TEST(RoomName, is_never_empty_and_never_lies)
{
    EXPECT_EQ(name_after(""), unnamed_room);
    EXPECT_EQ(name_after(" \n\t "), unnamed_room);
    EXPECT_EQ(name_after("abc\u202Egpj.exe"), unnamed_room); // A bidirectional override.
}

TEST(RoomName, is_cut_between_words_where_there_are_any)
{
    std::string const words = "The quick brown fox jumps over the lazy dog and then it sleeps for a while";
    EXPECT_EQ(name_after(words), "The quick brown fox jumps over the lazy dog and then it…");
    std::string letters(100, 'x');
    EXPECT_EQ(name_after(letters), std::string(59, 'x') + "…");
    EXPECT_EQ(name_after(std::string(60, 'x')), std::string(60, 'x'));
    std::string chinese;
    for (int count = 0; count < 100; ++count) chinese += "語";
    EXPECT_EQ(code_points(name_after(chinese)), 60u);
    EXPECT_TRUE(is_utf8(name_after(chinese)));
}

TEST(Preview, has_at_most_120_characters)
{
    std::string text;
    for (int count = 0; count < 130; ++count) text += "é";
    EXPECT_EQ(code_points(preview_of(text)), 120u);
    EXPECT_EQ(preview_of("short\nand more"), "short\nand more");
}

} // namespace
} // namespace pollux::chat
