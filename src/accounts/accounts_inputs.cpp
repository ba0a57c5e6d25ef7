#include "accounts/accounts_inputs.hpp"

#include "accounts/one_time_code.hpp"

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
    if (!json_detail::read_plain_text(value, field, out.value, errors)) return;
    if (!accounts::is_code(out.value)) errors.push_back({field, "invalid", "A code is 6 digits."});
}

void Json<accounts::EmailText>::read(JsonValue const& value, std::string const& field, accounts::EmailText& out, FieldErrors& errors)
{
    auto const errors_before = errors.size();
    json_detail::read_text(value, field, 3, 254, json_detail::Lines::one, out.value, errors);
    if (errors.size() == errors_before && !is_email(out.value)) errors.push_back({field, "invalid", "This is no e-mail address."});
}

} // namespace pollux
