// Which parameters each endpoint takes in the pinned version, by a table that is made from npm stripe's types (params_table.inc).
//
// Kinds of a row: s text, w one of `words`, i whole number, d number, b boolean, x anything, a list, o object, m map with any keys,
// e may be empty (which unsets), r required where what it is in is given.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace pollux::sims::stripe {

inline constexpr std::string_view api_version = "2026-10-28.endive";

bool is_endpoint(std::string const& endpoint); // "POST /v1/customers/{id}".

// The form with its texts turned into what they are: numbers, booleans, lists, null for what is empty. Throws StripeError, in Stripe's
// words, for unknown and missing parameters and for values of a wrong type.
boost::json::object read_params(std::string const& endpoint, boost::json::object const& form);

} // namespace pollux::sims::stripe
