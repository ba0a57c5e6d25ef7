#include "accounts/accounts_inputs.hpp"

#include "accounts/one_time_code.hpp"
#include "base/text.hpp"
#include "base/typed_text.hpp"

namespace pollux {
namespace {

bool is_email(std::string_view text)
{
    auto const at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
    return text.find('@', at + 1) == std::string_view::npos && text.find(' ') == std::string_view::npos;
}

} // namespace

void Json<accounts::CodeText>::read(JsonValue const& value, std::string const& field, accounts::CodeText& out, FieldErrors& errors)
{
    std::string typed;
    if (!json_detail::read_plain_text(value, field, typed, errors)) return;
    auto digits = code_points(typed) <= accounts::CodeText::typed_max ? typed_digits(typed) : std::nullopt;
    if (digits && accounts::is_code(*digits)) {
        out.value = std::move(*digits);
    } else {
        errors.push_back({field, "invalid", "A code is 6 digits; spaces and dashes between them do not matter."});
    }
}

void Json<accounts::MobileText>::read(JsonValue const& value, std::string const& field, accounts::MobileText& out, FieldErrors& errors)
{
    json_detail::read_text(value, field, 1, accounts::MobileText::characters_max, json_detail::Lines::many, out.value, errors);
}

void Json<accounts::EmailText>::read(JsonValue const& value, std::string const& field, accounts::EmailText& out, FieldErrors& errors)
{
    auto const errors_before = errors.size();
    json_detail::read_text(value, field, 3, 254, json_detail::Lines::one, out.value, errors);
    if (errors.size() == errors_before && !is_email(out.value)) errors.push_back({field, "invalid", "This is no e-mail address."});
}

} // namespace pollux
