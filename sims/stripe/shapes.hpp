// Objects as the pinned version has them, by a table that is made from npm stripe's types (shapes_table.inc).
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace pollux::sims::stripe {

bool has_shape(std::string_view object); // Whether one is called so.

// An object of that name with what follows from its type alone: null, empty lists. The rest is for whoever makes one.
boost::json::object blank(std::string_view object);

bool is_expandable(std::string_view object, std::string_view path); // "parent.subscription_details.subscription" of an invoice.

bool is_event_type(std::string_view type);

} // namespace pollux::sims::stripe
