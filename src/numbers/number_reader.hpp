// Mobile numbers in E.164, "+" and at most 15 digits: one phone is one number, however it is typed or pasted.
//
// "+" or 00 (and what is dialled abroad where the default country is, 011 in the US) names the country; any other number is national.
// A trunk prefix, a "(0)" or, of a national number, the country's own code in front goes where the rest has a length that the country's
// numbers have and the whole has not; where both have (German numbers have 4 to 15 digits), it goes where the rest is rather a mobile's or
// a number's by the country's patterns. Patterns never refuse, because they age; lengths do.
#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::numbers {

// A length that national numbers of a country have besides those of the table (NUMBER_LENGTHS).
struct ExtraLength {
    std::string code; // "229"
    int digits = 0;
    bool operator==(ExtraLength const&) const = default;
};

// How numbers are read here.
struct NumberPlan {
    std::string default_country_code = "1";
    std::vector<std::string> allowed_countries; // Calling codes ("44") and regions ("US"); empty: all.
    std::vector<ExtraLength> extra_lengths;
};

// An error names the field "mobile": too_short, too_long, invalid, not_personal (premium, shared cost, pager, satellite),
// country_not_allowed.
Result<std::string> read_number(std::string_view text, NumberPlan const& plan);

// What an account may be found by.
struct Spelling {
    Result<std::string> number;            // As read_number() says.
    std::optional<std::string> old_number; // As Pollux read it until 0.1: digits with the default code in front of what had no "+".
    bool is_international = false;         // It was written with "+".
};

Spelling read_spelling(std::string_view text, NumberPlan const& plan);

} // namespace pollux::numbers
