#include "config/dotenv.hpp"

#include <gtest/gtest.h>

namespace pollux::config {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Case {
    std::string_view what;
    std::string_view text;
    Pairs values;
};

TEST(Dotenv, reads_what_people_write)
{
    Case const cases[] = {
        {"plain", "A=1\nB=two words\n", {{"A", "1"}, {"B", "two words"}}},
        {"no newline at the end", "A=1", {{"A", "1"}}},
        {"blank lines and comments", "\n# note\n   # more\nA=1\n\n", {{"A", "1"}}},
        {"windows line ends", "A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
        {"byte order mark",
         "\xEF\xBB\xBF"
         "A=1\n",
         {{"A", "1"}}},
        {"export", "export A=1\nexport\tB=2\n", {{"A", "1"}, {"B", "2"}}},
        {"spaces around =", "  A =  1  \n", {{"A", "1"}}},
        {"comment after a value", "A=1 # note\nB=a#b\nC=#all\n", {{"A", "1"}, {"B", "a#b"}, {"C", ""}}},
        {"empty", "A=\nB=''\nC=\"\"\n", {{"A", ""}, {"B", ""}, {"C", ""}}},
        {"single quotes are literal", "A='a # \\n \"$X\" '\n", {{"A", "a # \\n \"$X\" "}}},
        {"double quotes know escapes", "A=\"a\\n\\\"b\\\" \\\\ \\$X \\q\" # note\n", {{"A", "a\n\"b\" \\ $X \\q"}}},
        {"several lines", "A=\"one\ntwo\"\nB=3\n", {{"A", "one\ntwo"}, {"B", "3"}}},
        {"nothing is expanded", "A=$HOME ${X}\n", {{"A", "$HOME ${X}"}}},
        {"equals in a value", "A=b=c==\n", {{"A", "b=c=="}}},
        {"quotes inside a plain value", "A=it's\n", {{"A", "it's"}}},
        {"the later one counts when reading goes on", "A=1\nA=2\n", {{"A", "1"}, {"A", "2"}}},
    };
    for (Case const& expected : cases) {
        Dotenv read = parse_dotenv(expected.text);
        EXPECT_EQ(read.values, expected.values) << expected.what;
        EXPECT_TRUE(read.problems.empty()) << expected.what;
    }
}

TEST(Dotenv, names_the_line_of_what_it_cannot_read_and_reads_on)
{
    Dotenv read = parse_dotenv("A=1\nno equals\nB-C=2\nD=\"x\" y\nE=\"two\nlines\"\n=3\nF=4\n");
    EXPECT_EQ(read.values, (Pairs{{"A", "1"}, {"E", "two\nlines"}, {"F", "4"}}));
    ASSERT_EQ(read.problems.size(), 4u);
    EXPECT_EQ(read.problems[0], "line 2: has no =; write NAME=value");
    EXPECT_EQ(read.problems[1], "line 3: has a name that is not made of letters, digits and _");
    EXPECT_EQ(read.problems[2], "line 4: has text after its closing quote");
    EXPECT_TRUE(read.problems[3].starts_with("line 7:"));
}

TEST(Dotenv, never_repeats_a_value_in_a_problem)
{
    Dotenv read = parse_dotenv("KEY='topsecret");
    ASSERT_EQ(read.problems.size(), 1u);
    EXPECT_EQ(read.problems[0], "line 1: has a quote that does not end");
}

TEST(Dotenv, names_an_encoding_that_is_not_utf8)
{
    using namespace std::string_literals;
    std::vector<std::pair<std::string, std::string>> const files = {
        {"\xFF\xFE"s + "A\0=\0" + "1\0"s, "UTF-16 (little endian)"},
        {"\xFE\xFF\0A\0=\0001"s, "UTF-16 (big endian)"},
        {"A\0=\0001\0"s, "UTF-16 (little endian)"},
        {"\0A\0=\0001"s, "UTF-16 (big endian)"},
        {"\xFF\xFE\0\0A\0\0\0"s, "UTF-32 (little endian)"},
        {"\0\0\xFE\xFF\0\0\0A"s, "UTF-32 (big endian)"},
        {"A\0\0\0=\0\0\0"s, "UTF-32 (little endian)"},
        {"\0\0\0A\0\0\0="s, "UTF-32 (big endian)"},
        {"A=1\nB=\0"s, "zero bytes"},
    };
    for (auto const& [text, name] : files) {
        auto const read = parse_dotenv(text);
        ASSERT_EQ(read.problems.size(), 1u) << name;
        EXPECT_NE(read.problems.front().find(name), std::string::npos) << read.problems.front();
        EXPECT_TRUE(read.values.empty());
    }
    EXPECT_TRUE(parse_dotenv("\xEF\xBB\xBF"
                             "A=1")
                    .problems.empty());
    EXPECT_TRUE(parse_dotenv("").problems.empty());
}

} // namespace
} // namespace pollux::config
