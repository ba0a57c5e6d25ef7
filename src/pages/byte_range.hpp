// Which part of some bytes a Range header asks for (RFC 9110, 14).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pollux::pages {

struct ByteRange {
    enum class Kind {
        whole,  // Nothing that is answered in part: no range, several of them, another unit, or nonsense.
        part,   // From `begin` to before `end`.
        beyond, // Nothing is there: 416.
    };
    Kind kind = Kind::whole;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(ByteRange const&) const = default;
};

ByteRange read_range(std::optional<std::string_view> range, std::size_t size);

} // namespace pollux::pages
