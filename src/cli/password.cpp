#include "cli/password.hpp"

#include "cli/terminal.hpp"

#include <fstream>

namespace pollux::cli {

Result<std::string> ask_for_password()
{
    auto first = ask_terminal("Password: ", Echo::off);
    if (!first) return Error(ErrorKind::invalid, "no_terminal", "there is no terminal to ask for a password; use --password-file");
    auto second = ask_terminal("Again: ", Echo::off);
    if (first != second) return Error(ErrorKind::invalid, "passwords_differ", "the two passwords differ");
    return *first;
}

Result<std::string> read_password_file(std::string const& path)
{
    std::ifstream file(path);
    std::string password;
    if (!file || !std::getline(file, password)) return Error(ErrorKind::invalid, "no_password_file", "cannot read a password from " + path);
    if (password.ends_with('\r')) password.pop_back();
    return password;
}

} // namespace pollux::cli
