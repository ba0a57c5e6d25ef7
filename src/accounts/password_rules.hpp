// What a new password must be, beside its length (Text<8, 256>: code points): not one that is guessed first. No rules of composition
// (NIST SP 800-63B, 5.1.1.2).
#pragma once

#include "base/error.hpp"

#include <string_view>

namespace pollux::accounts {

std::size_t common_password_count();

// Case does not matter.
bool is_common_password(std::string_view password);

// `mobile`: the account's number, E.164; empty where it is not known. An error names `field` with one of the codes too_common, too_simple
// (nothing to be seen, one or two characters, a short pattern again and again, a row like 34567890), own_number. How blanks are strewn in,
// case, and whose digits they are does not matter.
Result<void> check_new_password(std::string_view field, std::string_view password, std::string_view mobile);

} // namespace pollux::accounts
