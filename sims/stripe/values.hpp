// What is Stripe's own in reading and writing the JSON objects that the simulator keeps and answers with.
#pragma once

#include "json_values.hpp"

namespace pollux::sims::stripe {

// What of `before` is no longer so in `after`, as previous_attributes of an event has it.
json::object difference(json::object const& before, json::object const& after);

// Stripe's rule for metadata: keys are merged, an empty value drops its key, an empty whole drops all. Throws StripeError over the limits.
void merge_metadata(json::object& object, json::object const& params);

// Copies the parameters of these names ("a b c") that were given.
void copy_given(json::object& object, json::object const& params, std::string_view names);

} // namespace pollux::sims::stripe
