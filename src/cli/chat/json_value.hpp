// What the terminal client needs of JSON: it takes what it knows and ignores the rest, as clients of this API must.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::cli {

using JsonValue = boost::json::value;

JsonValue parse_json(std::string_view text); // null when it is none.

// By a path of members: "message.content". Empty, 0 or null when something on the way is missing or another type.
JsonValue const& value_in(JsonValue const& root, std::string_view path);
std::string text_in(JsonValue const& root, std::string_view path);
std::int64_t integer_in(JsonValue const& root, std::string_view path);

std::string json_object(std::vector<std::pair<std::string_view, std::string_view>> const& members); // Of texts.

} // namespace pollux::cli
