// application/x-www-form-urlencoded, as Twilio takes and posts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::accounts::sms {

using FormFields = std::vector<std::pair<std::string, std::string>>;

std::string write_form(FormFields const& fields);

inline constexpr std::size_t form_fields_max = 200;

// Decoded, in their order, repeated ones too; nullopt for a broken escape or more than form_fields_max.
std::optional<FormFields> read_form(std::string_view text);

} // namespace pollux::accounts::sms
