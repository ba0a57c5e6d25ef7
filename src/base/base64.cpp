#include "base/base64.hpp"

#include <sodium.h>

namespace pollux {

std::string to_base64(std::string_view bytes)
{
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), variant);
    text.pop_back(); // The length counts a final NUL.
    return text;
}

} // namespace pollux
