// pollux(1), made from the same list of commands as --help. Groff's man macros.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace pollux::cli {

std::string man_page(CLI::App const& app);

} // namespace pollux::cli
