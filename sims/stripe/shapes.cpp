#include "stripe/shapes.hpp"

#include "stripe/values.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <map>

namespace pollux::sims::stripe {

namespace {

struct Shape {
    std::string_view object;
    std::string_view blank;
    std::string_view expandable; // Divided by spaces.
};

constexpr Shape shapes[] = {
#include "stripe/shapes_table.inc"
};

constexpr std::string_view event_types[] = {
#include "stripe/event_types.inc"
};

Shape const* find(std::string_view object)
{
    auto const* found = std::ranges::find(shapes, object, &Shape::object);
    return found == std::end(shapes) ? nullptr : found;
}

std::map<std::string_view, json::object> parse_all()
{
    std::map<std::string_view, json::object> made;
    for (auto const& shape : shapes) made[shape.object] = json::parse(shape.blank).as_object();
    return made;
}

} // namespace

json::object blank(std::string_view object)
{
    static auto const parsed = parse_all();
    return parsed.at(object);
}

bool has_shape(std::string_view object)
{
    return find(object) != nullptr;
}

bool is_expandable(std::string_view object, std::string_view path)
{
    auto const* shape = find(object);
    return shape && has_word(shape->expandable, path);
}

bool is_event_type(std::string_view type)
{
    return std::ranges::binary_search(event_types, type);
}

} // namespace pollux::sims::stripe
