// Keyed digests, as services sign with them.
#pragma once

#include <string>
#include <string_view>

namespace pollux::sims {

std::string hmac_sha256_hex(std::string_view key, std::string_view message);

enum class Hash { sha1, sha256 };
std::string hmac_base64(Hash hash, std::string_view key, std::string_view message);

} // namespace pollux::sims
