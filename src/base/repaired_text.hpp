// What a database keeps of any bytes.
#pragma once

#include <string>

namespace pollux {

// U+FFFD in place of each byte that is no UTF-8, and no NUL.
std::string repaired_utf8(std::string text);

} // namespace pollux
