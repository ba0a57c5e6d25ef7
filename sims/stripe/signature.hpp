// Stripe-Signature: t and a v1 for each secret, HMAC-SHA256 of "t.body" under the whole text of the secret.
#pragma once

#include "digests.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims::stripe {

std::string sign(std::vector<std::string> const& secrets, std::int64_t time, std::string_view payload); // "t=...,v1=...,v1=..."

} // namespace pollux::sims::stripe
