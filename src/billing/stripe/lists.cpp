#include "billing/stripe/lists.hpp"

#include "base/lenient_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace pollux::billing::stripe {

constexpr std::size_t id_bytes_max = 255;

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
    return !text.empty() && text.size() <= id_bytes_max && std::ranges::all_of(text, [](char character) {
        return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
               character == '_';
    });
}

} // namespace pollux::billing::stripe
