// The addresses of the pages, which the shell answers: as ui/src/lib/router.svelte.ts has them.
#pragma once

#include <string_view>

namespace pollux::pages {

bool is_page_address(std::string_view path);

} // namespace pollux::pages
