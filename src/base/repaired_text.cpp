#include "base/repaired_text.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace pollux {

std::string repaired_utf8(std::string text)
{
    constexpr std::size_t character_bytes_max = 4;
    std::erase(text, '\0');
    if (is_utf8(text)) return text;
    std::string repaired;
    for (std::string_view rest = text; !rest.empty();) {
        // A character is the shortest beginning that is UTF-8.
        std::size_t length = 1;
        while (length < std::min(character_bytes_max, rest.size()) && !is_utf8(rest.substr(0, length))) ++length;
        bool const is_character = is_utf8(rest.substr(0, length));
        repaired += is_character ? rest.substr(0, length) : std::string_view("\xEF\xBF\xBD");
        rest.remove_prefix(is_character ? length : 1);
    }
    return repaired;
}

} // namespace pollux
