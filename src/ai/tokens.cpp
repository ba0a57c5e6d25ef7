#include "ai/tokens.hpp"

namespace pollux::ai {

namespace {

// Quarters of a token that a character costs, judged by its first byte: about four letters of English make a token, two of the
// alphabets that UTF-8 writes in two bytes, one of CJK and its neighbours; an emoji is usually two tokens.
std::int64_t quarters(unsigned char byte)
{
    bool const letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    if (letter || byte == ' ') return 1;
    if (byte < 0x80) return 2;
    if (byte < 0xc0) return 0; // The rest of a character that its first byte has paid for.
    if (byte < 0xe0) return 2;
    if (byte < 0xf0) return 4;
    return 8;
}

} // namespace

std::int64_t estimate_tokens(std::string_view utf8)
{
    std::int64_t sum = 0;
    for (char const byte : utf8) sum += quarters(static_cast<unsigned char>(byte));
    return (sum + 3) / 4;
}

} // namespace pollux::ai
