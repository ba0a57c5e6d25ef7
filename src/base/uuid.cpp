#include "base/uuid.hpp"

#include "base/secrets.hpp"

namespace pollux {

std::string random_uuid()
{
    auto bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40); // The version,
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80); // and the variant.
    auto text = to_hex(bytes);
    for (std::size_t const at : {8, 13, 18, 23}) text.insert(at, 1, '-');
    return text;
}

} // namespace pollux
