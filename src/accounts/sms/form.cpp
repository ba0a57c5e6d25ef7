#include "accounts/sms/form.hpp"

#include "base/text.hpp"

namespace pollux::accounts::sms {
namespace {

bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '*';
}

void append_escaped(std::string& out, std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (is_plain(c)) {
            out += c;
        } else {
            out += '%';
            out += digits[byte / digits.size()];
            out += digits[byte % digits.size()];
        }
    }
}

} // namespace

std::string write_form(FormFields const& fields)
{
    std::string out;
    for (auto const& [name, value] : fields) {
        if (!out.empty()) out += '&';
        append_escaped(out, name);
        out += '=';
        append_escaped(out, value);
    }
    return out;
}

std::optional<FormFields> read_form(std::string_view text)
{
    FormFields fields;
    while (!text.empty()) {
        auto const item = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        if (item.empty()) continue;
        auto const equals = std::min(item.find('='), item.size());
        auto name = percent_decode(item.substr(0, equals), true);
        auto value = percent_decode(item.substr(std::min(item.size(), equals + 1)), true);
        if (!name || !value || fields.size() == form_fields_max) return std::nullopt;
        fields.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

} // namespace pollux::accounts::sms
