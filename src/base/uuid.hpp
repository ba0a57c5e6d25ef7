// Names that nobody can guess, in the form in which others' programs take them.
#pragma once

#include <string>

namespace pollux {

std::string random_uuid(); // Version 4 (RFC 9562), in small letters.

} // namespace pollux
