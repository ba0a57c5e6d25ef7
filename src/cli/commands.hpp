// The sub-commands of `pollux`.
#pragma once

namespace pollux::cli {

// Exit codes: 0 done, 1 could not be done (said on standard error), 2 wrong settings or a wrong command line.
int run(int argc, char const* const* argv);

} // namespace pollux::cli
