// Reads the text of a .env file. A line is NAME=value, with `export ` before it if one likes; blank lines and lines that start with #
// are skipped. A value without quotes ends at " #" or at the line's end and is trimmed; in 'single quotes' everything stands for
// itself; in "double quotes" \n \r \t \" \\ and \$ are known; a quoted value may span lines. Nothing is expanded: $X stays $X.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::config {

// "UTF-16 (little endian)" and the like for a text that is not in UTF-8 but says, or shows by its zero bytes, what it is in.
std::optional<std::string_view> other_encoding(std::string_view text);

struct Dotenv {
    std::vector<std::pair<std::string, std::string>> values; // In the file's order; a name that comes twice: the later one counts.
    std::vector<std::string> problems;                       // "line 3: ...", "is in UTF-16 ...": never the value.
};

Dotenv parse_dotenv(std::string_view text);

} // namespace pollux::config
