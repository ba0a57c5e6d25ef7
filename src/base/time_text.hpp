// Times as people write them.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace pollux {

// The first moment that is not within it any more: "2026-12-31" lasts until the day is over (UTC), and "2026-12-31T18:00:00Z" until
// then (RFC 3339; with an offset such as +01:00 and with fractions of a second, too). nullopt for anything else, and for years from 9999.
std::optional<Time> parse_end(std::string_view text);

} // namespace pollux
