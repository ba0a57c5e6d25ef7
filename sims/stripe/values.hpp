// Short ways to read and write the JSON objects that the simulator keeps and answers with.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::sims::stripe {

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

// What of `before` is no longer so in `after`, as previous_attributes of an event has it.
json::object difference(json::object const& before, json::object const& after);

// Stripe's rule for metadata: keys are merged, an empty value drops its key, an empty whole drops all. Throws StripeError over the limits.
void merge_metadata(json::object& object, json::object const& params);

// Copies the parameters of these names ("a b c") that were given.
void copy_given(json::object& object, json::object const& params, std::string_view names);

bool has_word(std::string_view words, std::string_view word); // In a list divided by spaces.

} // namespace pollux::sims::stripe
