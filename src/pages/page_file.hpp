// The built pages (ui/dist) as they lie in the binary. Text is there in its compressed forms only: the plain bytes are made of them for the
// rare client that takes neither, which costs it a millisecond once and saves a megabyte.
#pragma once

#include <span>
#include <string_view>

namespace pollux::pages {

struct PageFile {
    std::string_view path;  // "/assets/base-DOLv_3Yp.js"
    std::string_view plain; // Empty where there is a gzip.
    std::string_view gzip;
    std::string_view brotli;
};

// In the order of their paths; "/index.html" is the shell. Made by pollux_embed_pages (cmake/embed_pages.cmake).
std::span<PageFile const> page_files();

} // namespace pollux::pages
