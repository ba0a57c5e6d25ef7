// The text that carries a code to a phone, without I/O: one SMS of at most 160 letters of the GSM alphabet, since anything more is charged
// twice. Its last line lets phones and browsers offer the code to the page that it is for, and to no other.
// Source: 3GPP TS 23.038, 6.2.1; WICG, "Origin-bound one-time codes delivered via SMS".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pollux {

inline constexpr std::size_t sms_septets_max = 160;

// How much room the text takes in an SMS; nullopt where a character is none of GSM's, with which an SMS holds only 70.
std::optional<std::size_t> gsm_septets(std::string_view utf8);

// What is said with each code.
struct CodeTextForm {
    std::string sentence; // With "{code}", and "{minutes}" where it should say how long the code holds.
    std::string host;     // Whose page it is for, "chat.example.com"; empty: the line is left out.
};

// "123456 is your code. It is valid for 5 minutes.\n\n@chat.example.com #123456"
std::string code_text(CodeTextForm const& form, std::string_view code, int minutes);

} // namespace pollux
