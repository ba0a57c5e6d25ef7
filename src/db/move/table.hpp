// What the mover knows of a table, as the source's schema tells it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::db {

struct MoveTable {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::string> references; // Tables that must be filled before this one.
    std::string identity;                // The column that numbers itself; empty when there is none.
    std::int64_t last_identity = 0;      // The highest number that it has ever handed out; 0: none.
};

inline std::string quoted(std::string const& name)
{
    std::string text = "\"";
    for (char const c : name) text.append(c == '"' ? 2 : 1, c);
    return text + "\"";
}

inline std::string column_list(MoveTable const& table)
{
    std::string list;
    for (auto const& column : table.columns) list += (list.empty() ? "" : ", ") + quoted(column);
    return list;
}

} // namespace pollux::db
