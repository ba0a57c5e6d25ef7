// Short ways to read the JSON objects that simulators are asked with, keep and answer with.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::sims {

namespace json = boost::json;

// What a field holds, or nothing: "", 0, false where it is missing, null or of another type.
std::string text_of(json::object const& object, std::string_view name);
std::int64_t number_of(json::object const& object, std::string_view name);
bool flag_of(json::object const& object, std::string_view name);
bool has_value(json::object const& object, std::string_view name); // There and not null.

// An object or array within, or null.
json::object* object_in(json::object& object, std::string_view name);
json::object const* object_in(json::object const& object, std::string_view name);
json::array* array_in(json::object& object, std::string_view name);
json::array const* array_in(json::object const& object, std::string_view name);

// The value at "a.b.c", or null.
json::value const* value_at(json::object const& object, std::string_view path);
std::string text_at(json::object const& object, std::string_view path);
std::int64_t number_at(json::object const& object, std::string_view path);

json::value text_or_null(std::string const& text);

bool has_word(std::string_view words, std::string_view word); // In a list divided by spaces.

} // namespace pollux::sims
