#include "pages/entity_tags.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace pollux::pages {

bool has_tag(std::string_view list, std::string_view tag, Comparison comparison)
{
    if (trim(list) == "*") return true;
    while (!list.empty()) {
        // A comma may stand within the quotes.
        auto const quote = list.find('"');
        if (quote == std::string_view::npos) return false;
        auto const end = list.find('"', quote + 1);
        if (end == std::string_view::npos) return false;
        bool const is_weak = trim(list.substr(0, quote)).ends_with("W/");
        bool const may_equal = !is_weak || comparison == Comparison::weak;
        if (may_equal && list.substr(quote, end + 1 - quote) == tag) return true;
        list.remove_prefix(end + 1);
        list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
    }
    return false;
}

} // namespace pollux::pages
