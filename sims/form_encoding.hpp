// Form encoding, as it stands in bodies and queries.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::sims {

using FormFields = std::vector<std::pair<std::string, std::string>>;

std::string decode_component(std::string_view encoded); // %41 and + decoded.
std::string encode_component(std::string_view text);    // All but [0-9A-Za-z*._-], and a blank as +.

FormFields read_form_fields(std::string_view encoded); // In their order, repeated ones too.
std::string write_form_fields(FormFields const& fields);

} // namespace pollux::sims
