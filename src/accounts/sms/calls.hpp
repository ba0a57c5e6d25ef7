// What calls of all vendors have in common.
#pragma once

#include "accounts/sms/vendor.hpp"
#include "net/http_client.hpp"

#include <string_view>

namespace pollux::accounts::sms {

inline constexpr std::size_t answer_bytes_max = 256 * 1024;

// Where no whole answer came.
Answer no_answer(net::HttpResult const& result);

std::optional<std::chrono::seconds> retry_after_of(net::HttpHead const& head); // In seconds; dates are passed over.

void count_call(std::string_view vendor, Answer const& answer, std::chrono::nanoseconds took);

} // namespace pollux::accounts::sms
