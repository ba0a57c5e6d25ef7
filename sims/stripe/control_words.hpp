// The words that control calls know. One that nobody reads would be a test that asks for nothing and cannot fail, so it is refused.
#pragma once

#include "stripe/values.hpp"

namespace pollux::sims::stripe {

// Whether GET, or POST, knows /_sim/`what`, and each field. Throws StripeError for a word that it does not know.
void check_read(std::string_view what, json::object const& query);
void check_write(std::string_view what, json::object const& how);

// An act of a batch: `on` says what it is on.
void check_act(json::object const& act);

// `word` is one of `known` ("a b c"). Throws StripeError, which says of what.
void check_word(std::string_view of_what, std::string_view word, std::string_view known);

} // namespace pollux::sims::stripe
