#include "base/secrets.hpp"

#include <sodium.h>

#include <stdexcept>

namespace pollux {
namespace {

unsigned char const* bytes_of(std::string_view text)
{
    return reinterpret_cast<unsigned char const*>(text.data());
}

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

} // namespace

void prepare_secrets()
{
    if (sodium_init() < 0) throw std::runtime_error("libsodium found no source of randomness");
}

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::uint64_t random_below(std::uint64_t bound)
{
    // Numbers under the remainder of 2^64 / bound would favour small results: draw again.
    std::uint64_t const unfair = (0 - bound) % bound;
    std::uint64_t number = 0;
    do {
        randombytes_buf(&number, sizeof number);
    } while (number < unfair);
    return number % bound;
}

std::string random_token()
{
    return to_base64url(random_bytes(32));
}

std::string sha256(std::string_view bytes)
{
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(bytes_of(hash), bytes_of(bytes), bytes.size());
    return hash;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes)
{
    std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes_of(bytes), bytes.size());
    crypto_auth_hmacsha256_final(&state, bytes_of(mac));
    return mac;
}

std::string derive_key(std::string_view master, std::string_view purpose)
{
    return hmac_sha256(master, "pollux " + std::string(purpose));
}

std::string seal_box(std::string_view key, std::string_view bytes)
{
    if (key.size() != crypto_secretbox_KEYBYTES) throw std::logic_error("a key of a box has 32 bytes");
    auto const nonce = random_bytes(crypto_secretbox_NONCEBYTES);
    std::string box(bytes.size() + crypto_secretbox_MACBYTES, '\0');
    crypto_secretbox_easy(bytes_of(box), bytes_of(bytes), bytes.size(), bytes_of(std::string_view(nonce)), bytes_of(key));
    return nonce + box;
}

std::optional<std::string> open_box(std::string_view key, std::string_view box)
{
    if (key.size() != crypto_secretbox_KEYBYTES) throw std::logic_error("a key of a box has 32 bytes");
    if (box.size() < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) return std::nullopt;
    auto const nonce = box.substr(0, crypto_secretbox_NONCEBYTES);
    auto const sealed = box.substr(crypto_secretbox_NONCEBYTES);
    std::string bytes(sealed.size() - crypto_secretbox_MACBYTES, '\0');
    if (crypto_secretbox_open_easy(bytes_of(bytes), bytes_of(sealed), sealed.size(), bytes_of(nonce), bytes_of(key)) != 0) {
        return std::nullopt;
    }
    return bytes;
}

Hash128 keyed_hash(Hash128 const& key, std::string_view bytes)
{
    Hash128 hash{};
    static_assert(sizeof hash == crypto_shorthash_siphashx24_BYTES && sizeof key == crypto_shorthash_siphashx24_KEYBYTES);
    crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()), bytes_of(bytes), bytes.size(),
                                reinterpret_cast<unsigned char const*>(key.data()));
    return hash;
}

bool equal_in_constant_time(std::string_view left, std::string_view right)
{
    return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string to_hex(std::string_view bytes)
{
    std::string hex(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), bytes_of(bytes), bytes.size());
    hex.pop_back();
    return hex;
}

std::string to_base64url(std::string_view bytes)
{
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), variant);
    text.pop_back(); // The length counts a final NUL.
    return text;
}

std::optional<std::string> from_base64url(std::string_view text)
{
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    std::size_t length = 0;
    char const* end = nullptr;
    int const failed = sodium_base642bin(bytes_of(bytes), bytes.size(), text.data(), text.size(), nullptr, &length, &end,
                                         sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(length);
    return bytes;
}

} // namespace pollux
