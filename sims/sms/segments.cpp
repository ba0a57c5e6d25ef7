#include "sms/segments.hpp"

#include <string>

namespace pollux::sims::sms {

namespace {

constexpr std::u32string_view basic = U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
                                      U"abcdefghijklmnopqrstuvwxyzäöñüà";
constexpr std::u32string_view extended = U"\f^{}\\[~]|€";

struct Encoding {
    std::string_view name;
    std::size_t alone;    // Characters of a body that is one text.
    std::size_t together; // Of each text of several.
};
constexpr Encoding gsm{"GSM-7", 160, 153};
constexpr Encoding ucs{"UCS-2", 70, 67};

// What is no UTF-8 becomes U+FFFD, byte by byte.
std::u32string decoded(std::string_view text)
{
    std::u32string characters;
    for (std::size_t i = 0; i < text.size();) {
        auto const first = static_cast<unsigned char>(text[i]);
        std::size_t const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
        char32_t character = length == 1 ? first : first & (0x7fu >> length);
        bool is_whole = length > 0 && i + length <= text.size();
        for (std::size_t j = 1; is_whole && j < length; ++j) {
            auto const next = static_cast<unsigned char>(text[i + j]);
            is_whole = (next & 0xc0) == 0x80;
            character = (character << 6) | (next & 0x3fu);
        }
        characters += is_whole ? character : U'\ufffd';
        i += is_whole ? length : 1;
    }
    return characters;
}

Segments in(Encoding const& encoding, std::size_t characters)
{
    auto const count = characters <= encoding.alone ? 1 : (characters + encoding.together - 1) / encoding.together;
    return {encoding.name, characters, count};
}

} // namespace

Segments segments_of(std::string_view body)
{
    std::size_t septets = 0;
    std::size_t units = 0;
    bool is_gsm = true;
    for (auto const character : decoded(body)) {
        units += character > 0xffff ? 2 : 1;
        septets += extended.find(character) != std::u32string_view::npos ? 2 : 1;
        is_gsm = is_gsm && (basic.find(character) != std::u32string_view::npos || extended.find(character) != std::u32string_view::npos);
    }
    return is_gsm ? in(gsm, septets) : in(ucs, units);
}

} // namespace pollux::sims::sms
