// How many texts a body is: 160 characters of GSM-7 or 70 of UCS-2, or 153 and 67 each where it takes more than one.
#pragma once

#include <cstddef>
#include <string_view>

namespace pollux::sims::sms {

struct Segments {
    std::string_view encoding;  // "GSM-7" or "UCS-2".
    std::size_t characters = 0; // Units of that encoding: an accent from GSM-7's second table counts twice, as does an emoji in UCS-2.
    std::size_t count = 0;
};

Segments segments_of(std::string_view body);

} // namespace pollux::sims::sms
