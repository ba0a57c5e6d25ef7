#include "billing/stripe/form.hpp"

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

Form Form::of_text(std::string text)
{
    Form form;
    form.text_ = std::move(text);
    return form;
}

} // namespace pollux::billing::stripe
