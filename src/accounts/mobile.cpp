#include "accounts/mobile.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

constexpr std::size_t digits_min = 7;
constexpr std::size_t digits_max = 15;
constexpr std::string_view dropped = " -.()[]";

// Calling codes are prefix-free, so the number's beginning decides.
bool is_allowed(std::string_view digits, NumberPlan const& plan)
{
    auto const& allowed = plan.allowed_countries;
    return allowed.empty() || std::ranges::any_of(allowed, [&](auto const& code) { return digits.starts_with(code); });
}

} // namespace

Result<std::string> normalise_mobile(std::string_view text, NumberPlan const& plan)
{
    std::string digits;
    bool is_international = false;
    for (char letter : text) {
        if (dropped.find(letter) != std::string_view::npos) continue;
        if (letter == '+' && digits.empty() && !is_international) {
            is_international = true;
        } else if (letter >= '0' && letter <= '9') {
            digits.push_back(letter);
        } else {
            return invalid("mobile", "invalid", "A number is digits, with + and the country code in front if it is not of this country.");
        }
    }
    if (!is_international && !digits.empty()) digits.insert(0, plan.default_country_code);
    if (digits.size() < digits_min) return invalid("mobile", "too_short", "A number has at least 7 digits with its country code.");
    if (digits.size() > digits_max) return invalid("mobile", "too_long", "A number has at most 15 digits with its country code.");
    if (digits.front() == '0') return invalid("mobile", "invalid", "A country code does not begin with 0.");
    if (!is_allowed(digits, plan)) return invalid("mobile", "country_not_allowed", "Numbers of this country are not taken here.");
    return "+" + digits;
}

} // namespace pollux::accounts
