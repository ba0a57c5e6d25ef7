#include "form_encoding.hpp"

#include <algorithm>
#include <cctype>

namespace pollux::sims {

namespace {

int hex_digit(char letter)
{
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

} // namespace

std::string decode_component(std::string_view encoded)
{
    std::string text;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] == '+') {
            text += ' ';
        } else if (encoded[i] == '%' && i + 2 < encoded.size() && hex_digit(encoded[i + 1]) >= 0 && hex_digit(encoded[i + 2]) >= 0) {
            text += static_cast<char>(hex_digit(encoded[i + 1]) * 16 + hex_digit(encoded[i + 2]));
            i += 2;
        } else {
            text += encoded[i];
        }
    }
    return text;
}

std::string encode_component(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (char const letter : text) {
        auto const byte = static_cast<unsigned char>(letter);
        if (std::isalnum(byte) || letter == '*' || letter == '.' || letter == '_' || letter == '-') {
            encoded += letter;
        } else if (letter == ' ') {
            encoded += '+';
        } else {
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        }
    }
    return encoded;
}

FormFields read_form_fields(std::string_view encoded)
{
    FormFields fields;
    while (!encoded.empty()) {
        auto const end = std::min(encoded.find('&'), encoded.size());
        auto const pair = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (pair.empty()) continue;
        auto const equals = std::min(pair.find('='), pair.size());
        fields.emplace_back(decode_component(pair.substr(0, equals)), decode_component(pair.substr(std::min(equals + 1, pair.size()))));
    }
    return fields;
}

std::string write_form_fields(FormFields const& fields)
{
    std::string encoded;
    for (auto const& [name, value] : fields)
        encoded += (encoded.empty() ? "" : "&") + encode_component(name) + "=" + encode_component(value);
    return encoded;
}

} // namespace pollux::sims
