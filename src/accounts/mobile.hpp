// Mobile numbers in E.164: "+" and 7 to 15 ASCII digits, the first of them not 0.
#pragma once

#include "accounts/accounts_options.hpp"
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace pollux::accounts {

// Drops ASCII spaces, dashes, dots and brackets, and puts the default country code in front of what has no "+". An error names the
// field "mobile": too_short, too_long, invalid (any other character: letters, full-width digits), country_not_allowed.
Result<std::string> normalise_mobile(std::string_view text, NumberPlan const& plan);

} // namespace pollux::accounts
