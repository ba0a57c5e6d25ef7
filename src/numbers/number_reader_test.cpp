#include "numbers/number_reader.hpp"

#include "numbers/number_table.hpp"
#include "numbers/old_number.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pollux::numbers {
namespace {

struct Case {
    std::string_view default_code;
    std::string_view typed;
    std::string_view expected; // E.164, or "refused".
    std::string_view by_libphonenumber;
    std::string_view rule; // Why the two differ.
};

#include "numbers/number_spellings.inc"

NumberPlan plan_of(std::string_view default_code, std::vector<std::string> allowed = {})
{
    return {.default_country_code = std::string(default_code), .allowed_countries = std::move(allowed), .extra_lengths = {}};
}

// E.164, or the code of the refusal.
std::string read(std::string_view text, NumberPlan const& plan)
{
    auto const number = read_number(text, plan);
    return number ? *number : number.error().fields().at(0).code;
}

TEST(NumberReader, reads_one_phone_as_one_number_however_it_is_written)
{
    for (auto const& one : spellings) {
        auto const number = read_number(one.typed, plan_of(one.default_code));
        EXPECT_EQ(number ? *number : "refused", one.expected) << one.default_code << ": " << one.typed;
        if (number) continue;
        ASSERT_EQ(number.error().fields().size(), 1u);
        EXPECT_EQ(number.error().fields()[0].field, "mobile");
        EXPECT_GT(number.error().fields()[0].detail.size(), 20u) << one.typed;
    }
}

TEST(NumberReader, differs_from_libphonenumber_by_a_rule_only)
{
    std::set<std::string_view> countries;
    for (auto const& one : spellings) {
        EXPECT_EQ(one.rule.empty(), one.expected == one.by_libphonenumber) << one.typed;
        if (one.expected.starts_with('+')) countries.insert(calling_code_of(one.expected.substr(1))->code);
    }
    EXPECT_GE(std::size(spellings), 300u);
    EXPECT_GE(countries.size(), 60u);
}

TEST(NumberReader, reads_its_own_numbers_as_they_are)
{
    for (auto const& one : spellings) {
        if (!one.expected.starts_with('+')) continue;
        for (auto home : {"1", "44", "49", "7", "62"}) EXPECT_EQ(read(one.expected, plan_of(home)), one.expected);
    }
}

TEST(NumberReader, says_what_is_wrong)
{
    std::pair<std::string_view, std::string_view> const cases[] = {
        {"", "too_short"},
        {"+", "too_short"},
        {"()", "too_short"},
        {"123456", "too_short"},
        {"+1234567", "too_short"},
        {"123456789012345", "too_long"},
        {"+4420794600001", "too_long"},
        {"+4420794600", "invalid"}, // Eight digits: between 7 and 9.
        {"12345abcde", "invalid"},
        {"++11234567890", "invalid"},
        {"1+1234567890", "invalid"},
        {"+01234567890", "invalid"},
        {"+999123456789", "invalid"},
        {"\xff\xfe", "invalid"},
        {std::string_view("123456\0"
                          "7890",
                          11),
         "invalid"},
        {"+19005550100", "not_personal"},
        {"+881612345678", "not_personal"},
    };
    for (auto const& [typed, code] : cases) EXPECT_EQ(read(typed, plan_of("1")), code) << typed;
    auto const refused = read_number("447911123456", plan_of("1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fields()[0].detail,
              "A number with the country code +1 has 10 digits behind the code, and this has 12; see whether one is missing or too many. "
              "A number of another country is written with + and its country code in front.");
}

TEST(NumberReader, reads_no_number_of_this_country_where_the_default_code_is_no_countrys)
{
    EXPECT_EQ(read("2025550100", plan_of("999")), "invalid");
    EXPECT_EQ(read("+12025550100", plan_of("999")), "+12025550100");
}

TEST(NumberReader, takes_lengths_that_the_table_does_not_know)
{
    auto plan = plan_of("1");
    EXPECT_EQ(read("+229 97 12 34 56", plan), "too_short");
    plan.extra_lengths = {{"229", 8}};
    EXPECT_EQ(read("+229 97 12 34 56", plan), "+22997123456");
    EXPECT_EQ(read("+229 01 97 12 34 56", plan), "+2290197123456");
    EXPECT_EQ(read("+44 7911 12345", plan), "+44791112345"); // Nine digits are possible there anyway.
}

TEST(NumberReader, is_told_which_countries_are_taken)
{
    auto const by_code = plan_of("1", {"44", "49"});
    EXPECT_EQ(read("+442079460000", by_code), "+442079460000");
    EXPECT_EQ(read("+4930123456", by_code), "+4930123456");
    for (auto typed : {"+12025550100", "2025550100", "+4532123456"}) EXPECT_EQ(read(typed, by_code), "country_not_allowed") << typed;

    auto const by_region = plan_of("1", {"US", "GG", "RU"});
    EXPECT_EQ(read("+12025550100", by_region), "+12025550100");
    EXPECT_EQ(read("1234567890", by_region), "+11234567890");          // No region has it: it counts as the main one's.
    EXPECT_EQ(read("+14165550100", by_region), "country_not_allowed"); // Toronto.
    EXPECT_EQ(read("+18765550100", by_region), "country_not_allowed"); // Jamaica.
    EXPECT_EQ(read("+447781123456", by_region), "+447781123456");      // Guernsey.
    EXPECT_EQ(read("+447400123456", by_region), "country_not_allowed");
    EXPECT_EQ(read("+79123456789", by_region), "+79123456789");
    EXPECT_EQ(read("+77012345678", by_region), "country_not_allowed"); // Kazakhstan.
}

TEST(OldNumber, is_what_was_read_before)
{
    auto const plan = plan_of("44");
    EXPECT_EQ(read_old_number("447911123456", plan), "+44447911123456");
    EXPECT_EQ(read_old_number("+44 (0)7911 123456", plan), "+4407911123456");
    EXPECT_EQ(read_old_number("001 415 555 0100", plan), "+440014155550100");
    EXPECT_EQ(read_old_number("123", plan), std::nullopt);
    EXPECT_EQ(read_old_number("+44\u00a07911123456", plan), std::nullopt);
    EXPECT_EQ(read_old_number("+12025550100", plan_of("1", {"GB"})), std::nullopt);
    EXPECT_EQ(read_old_number("+18765550100", plan_of("1", {"US"})), "+18765550100");
    EXPECT_EQ(spellings_of_old("+44447911123456", plan), (std::vector<std::string>{"+44447911123456", "447911123456"}));
}

} // namespace
} // namespace pollux::numbers
