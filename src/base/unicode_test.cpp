#include "base/unicode.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(WithoutUnseen, drops_what_nobody_sees_and_leaves_what_shapes)
{
    EXPECT_EQ(without_unseen("plain"), "plain");
    EXPECT_EQ(without_unseen("\u202ea\u202c\u3164b\u00adc\ufeff\U000e0041"), "abc");
    for (auto const* shaped : {"می\u200cخواهم", "👩\u200d🍳", "❤\ufe0f", "酸面团"}) EXPECT_EQ(without_unseen(shaped), shaped);
}

TEST(HasWordOrPicture, judges_by_what_characters_are)
{
    for (auto const* some : {"a", "7", "…é", "酸", "ب", "🍞", "- x", "½"}) EXPECT_TRUE(has_word_or_picture(some)) << some;
    for (auto const* none : {"", " ", "—", "。", "\"\"", "“”", "\u3164", "\u2800", "\u2064", "\U000e0041", "\u0301", "\u00a0"})
        EXPECT_FALSE(has_word_or_picture(none)) << none;
}

TEST(FoldForSearch, what_is_the_same_to_who_searches_is_equal)
{
    struct Case {
        std::string_view one;
        std::string_view other;
    };
    for (auto const& [one, other] : std::initializer_list<Case>{
             {"École", "école"},
             {"École", "ecole"},
             {"E\u0301cole", "école"}, // Decomposed.
             {"ПРИВІТ", "привіт"},
             {"Ärzte", "arzte"},
             {"STRASSE", "straße"},
             {"Ὀδυσσεύς", "οδυσσευσ"},
             {"ＡＢＣ１２３", "abc123"},
             {"ﬁle", "FILE"},
             {"İstanbul", "istanbul"},
             {"ＳＯ\u00adFT", "soft"}, // A soft hyphen.
             {"Việt Nam", "viet nam"},
             {"שָׁלוֹם", "שלום"},
             {"한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"}, // In its letters.
         }) {
        EXPECT_EQ(fold_for_search(one), fold_for_search(other)) << one << " and " << other;
    }
}

TEST(FoldForSearch, other_letters_stay_others)
{
    EXPECT_NE(fold_for_search("が"), fold_for_search("か"));
    EXPECT_NE(fold_for_search("कि"), fold_for_search("की"));
    EXPECT_NE(fold_for_search("日本"), fold_for_search("日木"));
    EXPECT_EQ(fold_for_search("Plain ASCII %_!"), "plain ascii %_!");
    EXPECT_EQ(fold_for_search(""), "");
}

TEST(FoldForSearch, a_part_of_a_word_is_a_part_of_its_folded_form)
{
    EXPECT_NE(fold_for_search("東京タワーへ").find(fold_for_search("タワ")), std::string::npos);
    EXPECT_NE(fold_for_search("Crème brûlée").find(fold_for_search("BRULE")), std::string::npos);
}

constexpr std::string_view family = "👨‍👩‍👧‍👦"; // Seven code points, one character.

TEST(CutClusters, never_cuts_a_character_as_people_see_it)
{
    std::string const text = std::string("ab") + std::string(family) + "c";
    EXPECT_EQ(cut_clusters(text, 100), text);
    EXPECT_EQ(cut_clusters(text, 9), text.substr(0, text.size() - 1));
    for (std::size_t count = 2; count < 9; ++count) EXPECT_EQ(cut_clusters(text, count), "ab") << count;
    EXPECT_EQ(cut_clusters("ae\u0301x", 2), "a");
    EXPECT_EQ(cut_clusters("ae\u0301x", 3), "ae\u0301");
    EXPECT_EQ(cut_clusters("🇫🇷🇩🇪", 3), "🇫🇷") << "flags";
    EXPECT_EQ(cut_clusters("abc", 2), "ab");
    EXPECT_EQ(cut_clusters("abc", 0), "");
}

TEST(Unicode, a_cut_after_plain_letters_is_the_same_as_one_counted_from_the_beginning)
{
    std::vector<std::string> const clusters{"p",    "l",  "a",  "e\u0301", " ", "👨\u200d👩\u200d👧", "x", "y",
                                            "\r\n", "🇫🇷", "🇩🇪", "1",       "2", "#\ufe0f\u20e3",      "z", "q"};
    std::string text;
    for (auto const& cluster : clusters) text += cluster;
    for (std::size_t count = 1; count < 32; ++count) {
        auto const longest = cut_code_points(text, count);
        std::string fits;
        for (auto const& cluster : clusters) {
            if ((fits + cluster).size() > longest.size()) break;
            fits += cluster;
        }
        EXPECT_EQ(cut_clusters(text, count), fits) << count;
    }
}

TEST(CutClusters, one_that_is_longer_by_itself_is_cut_all_the_same)
{
    std::string letter = "e";
    for (int mark = 0; mark < 50; ++mark) letter += "\u0301";
    EXPECT_EQ(cut_clusters(letter, 10), letter.substr(0, 1 + 9 * 2));
}

} // namespace
} // namespace pollux
