#include "json_values.hpp"

namespace pollux::sims {

std::string text_of(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    if (!value || !value->is_number()) return 0;
    return value->is_double() ? static_cast<std::int64_t>(value->get_double()) : value->to_number<std::int64_t>();
}

bool flag_of(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

bool has_value(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && !value->is_null();
}

json::object* object_in(json::object& object, std::string_view name)
{
    auto* value = object.if_contains(name);
    return value ? value->if_object() : nullptr;
}

json::object const* object_in(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value ? value->if_object() : nullptr;
}

json::array* array_in(json::object& object, std::string_view name)
{
    auto* value = object.if_contains(name);
    return value ? value->if_array() : nullptr;
}

json::array const* array_in(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value ? value->if_array() : nullptr;
}

json::value const* value_at(json::object const& object, std::string_view path)
{
    auto const dot = path.find('.');
    auto const* value = object.if_contains(path.substr(0, dot));
    if (!value || dot == std::string_view::npos) return value;
    auto const* inner = value->if_object();
    return inner ? value_at(*inner, path.substr(dot + 1)) : nullptr;
}

std::string text_at(json::object const& object, std::string_view path)
{
    auto const* value = value_at(object, path);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_at(json::object const& object, std::string_view path)
{
    auto const* value = value_at(object, path);
    return value && value->is_int64() ? value->get_int64() : 0;
}

json::value text_or_null(std::string const& text)
{
    if (text.empty()) return nullptr;
    return json::value(text);
}

bool has_word(std::string_view words, std::string_view word)
{
    for (std::size_t begin = 0; begin < words.size();) {
        auto const end = std::min(words.find(' ', begin), words.size());
        if (words.substr(begin, end - begin) == word) return true;
        begin = end + 1;
    }
    return false;
}

} // namespace pollux::sims
