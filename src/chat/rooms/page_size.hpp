// How large a page of a list may be: it ends early, and its cursor goes on. A page is held until its reader has taken it.
#pragma once

#include "base/literals.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace pollux::chat {

constexpr std::size_t page_bytes_max = 256_KiB;
constexpr std::size_t json_bytes_of_byte_max = 6; // "\\u001f"

// What a text takes as JSON, or a little less.
inline std::size_t json_bytes(std::string_view text)
{
    std::size_t bytes = text.size();
    for (char const character : text) {
        auto const byte = static_cast<unsigned char>(character);
        if (byte < 0x20) bytes += 5;
        if (byte == '"' || byte == '\\') bytes += 1;
    }
    return bytes;
}

// Counts what a page has. The first entry always fits.
class PageSize {
public:
    bool takes(std::size_t entry_bytes)
    {
        bool const is_first = std::exchange(has_entries_, true) == false;
        bytes_ += entry_bytes;
        return is_first || bytes_ <= page_bytes_max;
    }

private:
    std::size_t bytes_ = 0;
    bool has_entries_ = false;
};

} // namespace pollux::chat
