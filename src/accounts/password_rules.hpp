// What a new password must be, beside its length (Text<8, 256>: code points): not one of the common ones. No rules of composition
// (NIST SP 800-63B, 5.1.1.2).
#pragma once

#include "base/error.hpp"

#include <string_view>

namespace pollux::accounts {

std::size_t common_password_count();

// Case does not matter.
bool is_common_password(std::string_view password);

// An error names `field` with the code too_common.
Result<void> check_new_password(std::string_view field, std::string_view password);

} // namespace pollux::accounts
