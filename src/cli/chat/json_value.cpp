#include "cli/chat/json_value.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pollux::cli {

JsonValue parse_json(std::string_view text)
{
    boost::system::error_code failed;
    JsonValue const value = boost::json::parse(text, failed);
    return failed ? JsonValue() : value;
}

JsonValue const& value_in(JsonValue const& root, std::string_view path)
{
    static JsonValue const none;
    JsonValue const* at = &root;
    while (!path.empty()) {
        std::size_t const dot = path.find('.');
        auto const* object = at->if_object();
        at = object ? object->if_contains(path.substr(0, dot)) : nullptr;
        if (!at) return none;
        path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    return *at;
}

std::string text_in(JsonValue const& root, std::string_view path)
{
    auto const* text = value_in(root, path).if_string();
    return text ? std::string(*text) : std::string();
}

std::int64_t integer_in(JsonValue const& root, std::string_view path)
{
    auto const* number = value_in(root, path).if_int64();
    return number ? *number : 0;
}

std::string json_object(std::vector<std::pair<std::string_view, std::string_view>> const& members)
{
    boost::json::object object;
    for (auto const& [name, text] : members) object[name] = boost::json::string(text);
    return boost::json::serialize(object);
}

} // namespace pollux::cli
