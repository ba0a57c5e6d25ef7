// The fields of a plan as an operator types them: names, limits, and what is wrong with a value. No I/O.
#pragma once

#include "base/error.hpp"
#include "billing/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

// a-z, then a-z, 0-9, - and _; at most 32 of them, and not `gone`.
bool is_plan_name(std::string_view name);

// title, rank, description (lines with | between them), is_public, is_archived (yes, no), messages_per_day, requests_per_minute, models (*
// or ids with commas between them), context_tokens, message_characters_max, replies_at_once, rooms_max. The error's message says in one
// line what is wrong.
Result<void> set_plan_field(Plan& plan, std::string_view field, std::string_view value);

// The same way, so that it could be typed.
std::string plan_field(Plan const& plan, std::string_view field);
std::vector<std::string_view> plan_field_names();

} // namespace pollux::billing
