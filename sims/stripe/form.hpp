// Stripe's form encoding: a[b][0]=c&d[]=e becomes {"a": {"b": {"0": "c"}}, "d": {"0": "e"}}. All leaves are texts; what is a list and
// what a number is decided by params.hpp.
#pragma once

#include "form_encoding.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace pollux::sims::stripe {

// Throws StripeError for what is no form: a key that is cut, or one that is a text here and an object there.
boost::json::object read_form(std::string_view encoded);

} // namespace pollux::sims::stripe
