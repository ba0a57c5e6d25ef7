// What is known of the world's telephone numbers: calling codes, the lengths that numbers have, what stands before them when they are
// dialled at home, and which of them are no person's phone. Made by tools/make_number_table.mjs from npm's libphonenumber-js.
//
// Patterns are for matches_number() (number_pattern.hpp) and are about national numbers: the digits behind the calling code.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pollux::numbers {

struct Region {
    std::string_view iso;     // "US"; empty for networks of no country.
    std::uint32_t lengths;    // Bit n: a national number may have n digits.
    std::string_view pattern; // Of all its numbers.
    std::string_view leading; // How its numbers begin, where that tells it from others with its code.
    std::string_view mobile;  // Of mobiles.
    std::string_view fixed;   // Of fixed lines that are no mobiles', where the table needs them.
    std::string_view other;   // Of all other types that are not refused, where the code is shared.
    std::string_view refused; // Of premium and shared-cost numbers, pagers and satellite networks.
};

struct CallingCode {
    std::string_view code;          // "44". No code begins with another.
    std::string_view international; // What is dialled there before a calling code, beside 00; empty for most.
    std::string_view trunks;        // What is dialled there before a national number, by spaces, longest first: "0".
    std::uint16_t region_first;
    std::uint16_t region_count; // The first is the main one.

    std::span<Region const> regions() const;
    std::uint32_t lengths() const { return regions().front().lengths; } // The main region knows those of the others.
};

// The code that these digits begin with; null when no country has one.
CallingCode const* calling_code_of(std::string_view digits);

// The code itself; null when there is none.
CallingCode const* calling_code(std::string_view code);

// Two capital letters that some country has.
bool is_region(std::string_view iso);

// Whose number it is. The main region's where the table does not know: new blocks come sooner than tables.
Region const& region_of(CallingCode const& code, std::string_view national);

// Premium, shared-cost, pager, satellite.
bool is_refused_type(CallingCode const& code, std::string_view national);

} // namespace pollux::numbers
