// Whether an entity tag stands in the list of If-Match, If-None-Match or If-Range (RFC 9110, 8.8.3 and 13.1).
#pragma once

#include <string_view>

namespace pollux::pages {

enum class Comparison {
    strong, // A weak tag equals nothing.
    weak,   // W/"a" equals "a".
};

// `tag` as it stands in an answer, with its quotes: a strong one. "*" matches each.
bool has_tag(std::string_view list, std::string_view tag, Comparison comparison);

} // namespace pollux::pages
