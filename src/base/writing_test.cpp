// What is written for every answer: JSON text, times; and the check of UTF-8. Each special byte is tried at each place of a word.
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

std::string json_of(std::string_view text)
{
    std::string out;
    append_json_text(out, text);
    return out;
}

TEST(JsonText, escapes_what_must_be_at_every_place)
{
    struct Case {
        std::string_view raw;
        std::string_view escaped;
    };
    Case const cases[] = {{"\"", "\\\""},       {"\\", "\\\\"},
                          {"\n", "\\n"},        {"\r", "\\r"},
                          {"\t", "\\t"},        {std::string_view("\0", 1), "\\u0000"},
                          {"\x1F", "\\u001f"},  {"\x7F", "\\u007f"},
                          {" ", " "},           {"!", "!"},
                          {"~", "~"},           {"[", "["},
                          {"é", "é"},           {"🙂", "🙂"},
                          {"\"\"", "\\\"\\\""}, {"\x01\x1E", "\\u0001\\u001e"}};
    for (auto const& [raw, escaped] : cases) {
        for (std::size_t before = 0; before < 18; ++before) {
            for (std::size_t after : {0, 1, 7, 8, 9}) {
                std::string const front(before, 'a');
                std::string const back(after, 'z');
                EXPECT_EQ(json_of(front + std::string(raw) + back), "\"" + front + std::string(escaped) + back + "\"");
            }
        }
    }
}

TEST(JsonText, is_never_broken_utf8)
{
    EXPECT_EQ(json_of("abcdefgh\xFF"), "\"\xEF\xBF\xBD\"");
}

TEST(Utf8, is_checked_at_every_place)
{
    for (std::size_t before = 0; before < 18; ++before) {
        for (std::size_t after : {0, 1, 7, 8, 9}) {
            auto within = [&](std::string_view middle) { return std::string(before, 'a') + std::string(middle) + std::string(after, 'z'); };
            for (auto good : {"", "\x7F", "é", "€", "🙂", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(within(good))) << before << good;
            for (auto bad : {"\x80", "\xC3", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF0\x9F\x99", "\xF4\x90\x80\x80", "\xFF"}) {
                EXPECT_FALSE(is_utf8(within(bad))) << before << " " << after;
            }
        }
    }
}

TEST(Rfc3339, has_microseconds_and_its_zeros)
{
    EXPECT_EQ(rfc3339(time_of(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(rfc3339(time_of(1'795'368'192'000'123)), "2026-11-22T17:23:12.000123Z");
    EXPECT_EQ(rfc3339(time_of(1'709'251'199'999'999)), "2024-02-29T23:59:59.999999Z");
    EXPECT_EQ(rfc3339(time_of(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(rfc3339(time_of(253'402'300'799'999'999)), "9999-12-31T23:59:59.999999Z");
}

} // namespace
} // namespace pollux
