// Which form of a file a client gets, by its Accept-Encoding (RFC 9110, 12.5.3).
#pragma once

#include <optional>
#include <string_view>

namespace pollux::pages {

enum class Coding { identity, gzip, brotli };

// What there is besides the plain bytes.
struct Forms {
    bool gzip = false;
    bool brotli = false;
};

// The one with the highest q; of several the smallest. The plain bytes come last unless they are named, and are all that a client without
// the header gets. nullopt: none that the client would take.
std::optional<Coding> choose_coding(std::optional<std::string_view> accept_encoding, Forms forms);

} // namespace pollux::pages
