#include "control_words.hpp"

#include <algorithm>
#include <stdexcept>

namespace pollux::sims {

void check_control(std::span<ControlWords const> table, std::string_view what, json::object const& how)
{
    auto const found = std::ranges::find(table, what, &ControlWords::what);
    if (found == table.end()) {
        std::string names;
        for (auto const& words : table) names.append(names.empty() ? "" : ", ").append(words.what);
        throw std::invalid_argument("there is no /_sim/" + std::string(what) + " to call so: write " + names);
    }
    for (auto const& field : how) {
        if (has_word(found->fields, field.key())) continue;
        auto const known = found->fields.empty() ? std::string("nothing") : std::string(found->fields);
        throw std::invalid_argument("/_sim/" + std::string(what) + " has no field " + std::string(field.key()) + ": it takes " + known);
    }
}

} // namespace pollux::sims
