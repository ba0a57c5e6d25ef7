// A room's name from what a model said when it was asked for one. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux::chat {

// One line of at most 60 characters as people see them, without quotation marks around it, Markdown, a label such as "Title:", characters
// that are not seen, and a full stop at its end. nullopt: there is nothing in it that names a room, or far too much. `said` is valid UTF-8.
std::optional<std::string> title_from(std::string_view said);

} // namespace pollux::chat
