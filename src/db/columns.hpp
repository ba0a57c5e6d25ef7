// How many columns a list has, counted by the compiler: an enum that names the columns is held to it.
//
//     #define POLLUX_ROOM_COLUMNS "id, name"
//     namespace column { enum : std::size_t { id, name, count }; }
//     static_assert(db::columns_in(POLLUX_ROOM_COLUMNS) == column::count);
//     ... row.text(column::name)
//
// A row of one column needs no names: row.only().text().
#pragma once

#include <cstddef>
#include <string_view>

namespace pollux::db {

// Commas in brackets do not count; texts in quotes hold none.
constexpr std::size_t columns_in(std::string_view list)
{
    std::size_t count = 1;
    int depth = 0;
    for (char const character : list) {
        if (character == '(') ++depth;
        if (character == ')') --depth;
        if (character == ',' && depth == 0) ++count;
    }
    return count;
}

} // namespace pollux::db
