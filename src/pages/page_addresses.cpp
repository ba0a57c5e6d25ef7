#include "pages/page_addresses.hpp"

#include <algorithm>
#include <array>

namespace pollux::pages {
namespace {

constexpr std::array<std::string_view, 5> pages{"/signin", "/account", "/plan", "/docs", "/subscription/done"};

// The ids of rooms that JSON's readers hold exactly.
bool is_room(std::string_view id)
{
    constexpr std::size_t digits_max = 16;
    bool const is_number = !id.empty() && id.size() <= digits_max && id.find_first_not_of("0123456789") == std::string_view::npos;
    return is_number && id.front() != '0';
}

} // namespace

bool is_page_address(std::string_view path)
{
    constexpr std::string_view rooms = "/chat/";
    if (path == "/") return true;
    if (path.ends_with('/')) path.remove_suffix(1);
    if (path.starts_with(rooms)) return is_room(path.substr(rooms.size()));
    return std::ranges::find(pages, path) != pages.end();
}

} // namespace pollux::pages
