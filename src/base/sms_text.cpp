#include "base/sms_text.hpp"

#include "base/text.hpp"

#include <string_view>

namespace pollux {
namespace {

constexpr std::string_view basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
                                   "abcdefghijklmnopqrstuvwxyzäöñüà";
constexpr std::string_view extended = "\f^{}\\[~]|€"; // Each behind an escape.

void replace_all(std::string& text, std::string_view what, std::string_view by)
{
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
}

} // namespace

std::optional<std::size_t> gsm_septets(std::string_view utf8)
{
    if (!is_utf8(utf8)) return std::nullopt;
    std::size_t septets = 0;
    while (!utf8.empty()) {
        auto const character = cut_code_points(utf8, 1);
        if (basic.find(character) != std::string_view::npos) {
            septets += 1;
        } else if (extended.find(character) != std::string_view::npos) {
            septets += 2;
        } else {
            return std::nullopt;
        }
        utf8.remove_prefix(character.size());
    }
    return septets;
}

std::string code_text(CodeTextForm const& form, std::string_view code, int minutes)
{
    auto text = form.sentence;
    replace_all(text, "{minutes}", std::to_string(minutes));
    replace_all(text, "{code}", code);
    if (form.host.empty()) return text;
    text += "\n\n@" + form.host + " #";
    text += code;
    return text;
}

} // namespace pollux
