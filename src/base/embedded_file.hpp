// A file that was compiled into the binary (see cmake/embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace pollux {

struct EmbeddedFile {
    std::string_view name;  // As it stands in its folder: "0001_users.sql".
    std::string_view bytes; // Lives as long as the process.
};

} // namespace pollux
