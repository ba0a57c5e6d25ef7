#include "cli/version.hpp"

// Defined for this file alone by cmake/version.cmake: POLLUX_VERSION, POLLUX_COMMIT (empty outside a clone), POLLUX_LIBRARIES.

namespace pollux::cli {

std::string_view version()
{
    return POLLUX_VERSION;
}

std::string version_document()
{
    std::string const commit = POLLUX_COMMIT;
    return "Pollux " + std::string(version()) + (commit.empty() ? "" : " (" + commit + ")") + "\nbuilt with " + POLLUX_LIBRARIES + "\n";
}

} // namespace pollux::cli
