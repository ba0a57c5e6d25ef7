#include "billing/stripe/form.hpp"

#include <algorithm>
#include <array>

namespace pollux::billing::stripe {
namespace {

bool stands_for_itself(unsigned char byte)
{
    bool const is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    return is_alphanumeric || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// Brackets stay as they are, as Stripe's own clients send them.
void append_escaped(std::string& out, std::string_view text, std::string_view also_plain)
{
    static constexpr std::array<char, 16> digits{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
    for (char const character : text) {
        auto const byte = static_cast<unsigned char>(character);
        if (stands_for_itself(byte) || also_plain.find(character) != std::string_view::npos) {
            out += character;
        } else {
            out += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
}

int digit_of(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        int const high = text[at] == '%' && at + 3 <= text.size() ? digit_of(text[at + 1]) : -1;
        int const low = high < 0 ? -1 : digit_of(text[at + 2]);
        plain += low < 0 ? text[at] : static_cast<char>(high * 16 + low);
        if (low >= 0) at += 2;
    }
    return plain;
}

} // namespace

Form& Form::add(std::string_view name, std::string_view value)
{
    if (!text_.empty()) text_ += '&';
    append_escaped(text_, name, "[]");
    text_ += '=';
    append_escaped(text_, value, "");
    return *this;
}

Form& Form::add(std::string_view name, std::int64_t value)
{
    return add(name, std::string_view(std::to_string(value)));
}

Form& Form::add(std::string_view name, bool value)
{
    return add(name, std::string_view(value ? "true" : "false"));
}

std::string Form::value(std::string_view name) const
{
    std::string wanted;
    append_escaped(wanted, name, "[]");
    std::string_view rest = text_;
    while (!rest.empty()) {
        auto const pair = rest.substr(0, rest.find('&'));
        auto const equals = pair.find('=');
        if (pair.substr(0, equals) == wanted) return equals == std::string_view::npos ? std::string() : unescaped(pair.substr(equals + 1));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    }
    return {};
}

Form Form::of_text(std::string text)
{
    Form form;
    form.text_ = std::move(text);
    return form;
}

} // namespace pollux::billing::stripe
