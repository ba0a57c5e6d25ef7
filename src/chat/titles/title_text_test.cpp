#include "chat/titles/title_text.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

std::string named(std::string_view said)
{
    return title_from(said).value_or("(none)");
}

TEST(Title, is_what_a_model_says_when_it_does_as_it_is_told)
{
    for (auto const* name : {"Sourdough for Beginners", "Sauerteig für Anfänger", "Закваска для начинающих", "初学者的酸面团",
                             "初心者のサワードウ", "초보자를 위한 사워도우", "शुरुआती लोगों के लिए खमीर", "العجين المخمر للمبتدئين",
                             "מחמצת למתחילים", "Προζύμι για αρχάριους", "ซาวโดว์สำหรับผู้เริ่มต้น", "C++ or Rust?", "Learning C#",
                             "What is 3 + 4?", "Tom's \"best\" bread", "snake_case names", "می‌خواهم بدانم", "🍞 Bread"})
        EXPECT_EQ(named(name), name);
}

TEST(Title, loses_what_models_put_around_it)
{
    struct Case {
        char const* said;
        char const* name;
    };
    for (auto const& [said, name] : {
             Case{"\"Sourdough\"", "Sourdough"},
             {"'Sourdough'", "Sourdough"},
             {"“Sourdough”", "Sourdough"},
             {"„Sauerteig“", "Sauerteig"},
             {"« Le levain »", "Le levain"},
             {"»Sauerteig«", "Sauerteig"},
             {"「サワードウ」", "サワードウ"},
             {"《酸面团》", "酸面团"},
             {"\"'Sourdough'.\"", "Sourdough"},
             {"\"Sour\" and \"dough\"", "\"Sour\" and \"dough\""},
             {"**Sourdough**", "Sourdough"},
             {"*Sourdough*", "Sourdough"},
             {"_Sourdough_", "Sourdough"},
             {"`Sourdough`", "Sourdough"},
             {"# Sourdough", "Sourdough"},
             {"### **Sourdough** ###", "Sourdough"},
             {"> Sourdough", "Sourdough"},
             {"- Sourdough", "Sourdough"},
             {"1. Sourdough\n2. Bread", "Sourdough"},
             {"[Sourdough](https://example.com/)", "Sourdough"},
             {"| Sourdough |", "Sourdough"},
             {"```\nSourdough\n```", "Sourdough"},
             {"Title: Sourdough", "Sourdough"},
             {"**Title:** \"Sourdough\"", "Sourdough"},
             {"TITLE: Sourdough", "Sourdough"},
             {"Titel: Sauerteig", "Sauerteig"},
             {"标题：酸面团", "酸面团"},
             {"タイトル: サワードウ", "サワードウ"},
             {"Название: Закваска", "Закваска"},
             {"شीर्षक", "شीर्षक"},
             {"शीर्षक: खमीर", "खमीर"},
             {"عنوان: العجين", "العجين"},
             {"Rust: first steps", "Rust: first steps"},
             {"Here is a title for the conversation:\n\nSourdough", "Sourdough"},
             {"Title:\nSourdough", "Sourdough"},
             {"Sourdough.", "Sourdough"},
             {"酸面团。", "酸面团"},
             {"खमीर।", "खमीर"},
             {"خمیر۔", "خمیر"},
             {"Sourdough…", "Sourdough"},
             {"How does sourdough rise?", "How does sourdough rise?"},
             {"\n\n  Sourdough  \r\n\r\nI chose this name because it is short.", "Sourdough"},
             {"Sour\tdough   bread", "Sour dough bread"},
             {"Sour\u00a0dough", "Sour dough"},
             {"<think>\nThey bake.\n</think>\n\nSourdough", "Sourdough"},
             {"They bake.\n</think>\nSourdough", "Sourdough"},
             {"<thinking>a</thinking>\"Sourdough\"", "Sourdough"},
         })
        EXPECT_EQ(named(said), name) << said;
}

TEST(Title, holds_nothing_that_is_not_seen)
{
    EXPECT_EQ(named("\u202eevil\u202c name"), "evil name");
    EXPECT_EQ(named("\u2066العجين\u2069 \u200f\u200eالمخمر"), "العجين المخمر");
    EXPECT_EQ(named("Sour\u200bdough\ufeff"), "Sourdough");
    EXPECT_EQ(named("Sour\u3164dough\U000e0041\u2061"), "Sourdough");
    EXPECT_EQ(named("Sour\u2800dough"), "Sour dough");
    EXPECT_EQ(named("❤\ufe0f bread"), "❤\ufe0f bread");
    EXPECT_EQ(named("Sour\x01\x7f"
                    "dough"),
              "Sour dough");
    EXPECT_EQ(named("می\u200cخواهم"), "می\u200cخواهم") << "a joiner that its language needs";
    EXPECT_EQ(named("👩\u200d🍳 cooks"), "👩\u200d🍳 cooks");
}

TEST(Title, is_none_where_nothing_names_a_room)
{
    for (auto const* said : {"",
                             " \n\t ",
                             "...",
                             "\"\"",
                             "“”",
                             "***",
                             "---",
                             "# ",
                             "—",
                             "。",
                             "\u200b\u200f",
                             "Title:",
                             "```\n```",
                             "\u3164",
                             "\u2800\u2800",
                             "\u2061\u2064",
                             "\U000e0041\U000e0042",
                             "\uffa0 \u115f",
                             "\u200d\ufe0f",
                             "<think>\nThey bake sourdough",
                             "<think>They bake</think>"})
        EXPECT_EQ(named(said), "(none)") << said;
}

TEST(Title, is_none_where_an_answer_came_instead)
{
    std::string words;
    for (int count = 0; count < 40; ++count) words += "word ";
    EXPECT_EQ(named(words), "(none)");
    EXPECT_EQ(named(std::string(5'000, 'x')), "(none)");
}

TEST(Title, is_cut_between_words_and_never_inside_a_character)
{
    EXPECT_EQ(named("This conversation is about how to bake sourdough bread at home together with children"),
              "This conversation is about how to bake sourdough bread at…");
    std::string families;
    for (int count = 0; count < 20; ++count) families += "👨‍👩‍👧‍👦";
    auto const name = named(families);
    EXPECT_TRUE(is_utf8(name));
    EXPECT_LE(code_points(name), 60u);
    EXPECT_TRUE(name.ends_with("👦…")) << "a family stays together";
    std::string han;
    for (int count = 0; count < 80; ++count) han += "酸";
    EXPECT_EQ(code_points(named(han)), 60u);
}

} // namespace
} // namespace pollux::chat
