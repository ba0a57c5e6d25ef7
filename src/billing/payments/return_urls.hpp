// Where the provider may send a buyer back to: below PUBLIC_URL, or to an origin that CORS_ALLOWED_ORIGINS lists by name. Anywhere else
// would make Pollux a signpost for whoever wants to look trustworthy.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

struct ReturnUrls {
    std::string public_url;           // Without a slash at its end.
    std::vector<std::string> origins; // "https://app.example.com"; "*" never counts.
    bool allows_loopback = false;     // In debug.
};

inline constexpr std::size_t return_url_bytes_max = 2'000;

// Errors: invalid_input (return_url).
Result<void> check_return_url(ReturnUrls const& allowed, std::string_view url);

// With one more parameter in its query.
std::string with_parameter(std::string url, std::string_view parameter);

} // namespace pollux::billing
