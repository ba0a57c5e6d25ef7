#include "support/tests_folder.hpp"

namespace pollux::test {

std::string tests_folder()
{
    return POLLUX_TESTS_FOLDER;
}

} // namespace pollux::test
