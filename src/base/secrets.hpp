// Random numbers, MACs, hashes and encodings, on libsodium. All functions may be called from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux {

// Must be called once before anything else here; safe to repeat. Throws when the system has no randomness.
void prepare_secrets();

std::string random_bytes(std::size_t count);
std::uint64_t random_below(std::uint64_t bound); // Uniform in [0, bound), bound > 0.
std::string random_token();                      // 256 random bits, base64url: 43 characters.

std::string sha256(std::string_view bytes);                            // 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes); // RFC 2104, 32 bytes; a key of any length.

// A key of 32 bytes for one purpose: HMAC(master, "pollux " + purpose). Purposes are never reused for something else.
std::string derive_key(std::string_view master, std::string_view purpose);

// Encrypted and authenticated under a key of 32 bytes, with a random nonce in front.
std::string seal_box(std::string_view key, std::string_view bytes);
std::optional<std::string> open_box(std::string_view key, std::string_view box); // nullopt: another key, or damaged.

// SipHash-2-4 with 128 bits, for tables of what strangers send: without the key nobody finds two texts with the same hash.
using Hash128 = std::array<std::uint64_t, 2>;
Hash128 keyed_hash(Hash128 const& key, std::string_view bytes);

// In time that depends on the lengths only.
bool equal_in_constant_time(std::string_view left, std::string_view right);

std::string to_hex(std::string_view bytes);
std::string to_base64url(std::string_view bytes);                 // No padding (RFC 4648, 5).
std::optional<std::string> from_base64url(std::string_view text); // Strict: no padding, no other characters.

} // namespace pollux
