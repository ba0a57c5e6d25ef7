#include "base/lenient_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <limits>

namespace pollux {

namespace json = boost::json;

json::object const* object_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value ? value->if_object() : nullptr;
}

json::array const* array_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value ? value->if_array() : nullptr;
}

std::string_view text_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    auto const* text = value ? value->if_string() : nullptr;
    return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::int64_t number_at(json::object const& object, std::string_view name, std::int64_t otherwise)
{
    auto const* value = object.if_contains(name);
    if (value && value->is_uint64()) return std::numeric_limits<std::int64_t>::max(); // Boost.JSON's type for what is larger.
    auto const* number = value ? value->if_int64() : nullptr;
    return number ? *number : otherwise;
}

} // namespace pollux
