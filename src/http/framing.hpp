// Requests that servers and proxies read differently are refused, so that nobody can smuggle one inside another (RFC 9112, 11.2).
// Included by http/*.cpp only.
#pragma once

#include "base/literals.hpp"

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <optional>
#include <string_view>

namespace pollux::http {

inline constexpr std::size_t request_line_bytes_max = 8_KiB;
inline constexpr std::size_t headers_max = 100;

struct Refusal;

// A header continued on a line that starts with a blank (obs-fold).
bool has_folded_line(std::string_view head);

std::optional<Refusal> check_framing(boost::beast::http::header<true> const& head, std::string_view target);

} // namespace pollux::http
