#include "billing/stripe/lists.hpp"

#include "base/lenient_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace pollux::billing::stripe {

namespace {

constexpr std::size_t id_bytes_max = 255;

bool is_letter_or_digit(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

} // namespace

std::optional<List> list_of(boost::json::object const& body)
{
    auto const* data = array_at(body, "data");
    if (!data) return std::nullopt;
    List list;
    for (auto const& item : *data) {
        if (auto const* object = item.if_object()) list.items.push_back(object);
    }
    auto const* more = body.if_contains("has_more");
    list.has_more = more && more->is_bool() && more->get_bool();
    return list;
}

bool is_id(std::string_view text)
{
    return !text.empty() && text.size() <= id_bytes_max &&
           std::ranges::all_of(text, [](char character) { return is_letter_or_digit(character) || character == '_'; });
}

std::optional<std::string> path_part(std::string_view id)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    bool const is_only_dots = id.find_first_not_of('.') == std::string_view::npos; // Also of none. They lead elsewhere in a path.
    if (is_only_dots || id.size() > id_bytes_max) return std::nullopt;
    std::string part;
    for (char const character : id) {
        auto const byte = static_cast<unsigned char>(character);
        if (is_letter_or_digit(character) || character == '_' || character == '-' || character == '.' || character == '~')
            part.push_back(character);
        else
            part.append("%").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
    return part;
}

} // namespace pollux::billing::stripe
