// Named places where a test can end the process or make it wait: FAILPOINT=name:abort, or name:abort@3 for the third time it is
// passed; several by comma. Without the variable a failpoint costs one load of a bool.
#pragma once

#include <string_view>

namespace pollux {

bool failpoints_armed();
void pass_failpoint(std::string_view name); // abort ends the process at once, like kill -9: no destructor, no flush.

inline void failpoint(std::string_view name)
{
    if (failpoints_armed()) pass_failpoint(name);
}

} // namespace pollux
