#include "accounts/password_rules.hpp"

#include "base/embedded_file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <span>

namespace pollux {

// common_passwords.txt of this folder: one a line, sorted by bytes, each line ended by LF.
std::span<EmbeddedFile const> pollux_common_passwords_files();

} // namespace pollux

namespace pollux::accounts {
namespace {

std::string_view common_passwords()
{
    return pollux_common_passwords_files().front().bytes;
}

} // namespace

std::size_t common_password_count()
{
    return static_cast<std::size_t>(std::ranges::count(common_passwords(), '\n'));
}

// Halves the text itself, line by line: the list costs no memory beyond the binary's pages.
bool is_common_password(std::string_view password)
{
    auto const wanted = lower_ascii(password);
    auto lines = common_passwords();
    while (!lines.empty()) {
        auto const middle = lines.size() / 2;
        auto const break_before = middle == 0 ? std::string_view::npos : lines.rfind('\n', middle - 1);
        auto const begin = break_before == std::string_view::npos ? 0 : break_before + 1;
        auto const end = lines.find('\n', begin);
        auto const line = lines.substr(begin, end - begin);
        if (line == wanted) return true;
        lines = line < wanted ? lines.substr(end + 1) : lines.substr(0, begin);
    }
    return false;
}

Result<void> check_new_password(std::string_view field, std::string_view password)
{
    if (is_common_password(password)) return invalid(field, "too_common", "This password is among the most common ones; choose another.");
    return {};
}

} // namespace pollux::accounts
