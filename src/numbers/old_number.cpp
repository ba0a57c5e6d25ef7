#include "numbers/old_number.hpp"

#include "numbers/number_table.hpp"

#include <algorithm>

namespace pollux::numbers {
namespace {

constexpr std::size_t digits_min = 7;
constexpr std::size_t digits_max = 15;
constexpr std::string_view dropped = " -.()[]";

// Regions are newer than the rule: what lies under the code of one was taken then.
bool is_allowed(std::string_view digits, NumberPlan const& plan)
{
    auto const& allowed = plan.allowed_countries;
    auto const* code = calling_code_of(digits);
    auto const takes = [&](std::string const& entry) {
        if (!is_region(entry)) return digits.starts_with(entry);
        return code != nullptr && std::ranges::find(code->regions(), entry, &Region::iso) != code->regions().end();
    };
    return allowed.empty() || std::ranges::any_of(allowed, takes);
}

} // namespace

std::optional<std::string> read_old_number(std::string_view text, NumberPlan const& plan)
{
    std::string digits;
    bool has_plus = false;
    for (char const letter : text) {
        if (dropped.find(letter) != std::string_view::npos) continue;
        if (letter == '+' && digits.empty() && !has_plus) {
            has_plus = true;
        } else if (letter >= '0' && letter <= '9') {
            digits.push_back(letter);
        } else {
            return std::nullopt;
        }
    }
    if (!has_plus && !digits.empty()) digits.insert(0, plan.default_country_code);
    bool const is_number = digits.size() >= digits_min && digits.size() <= digits_max && digits.front() != '0';
    if (!is_number || !is_allowed(digits, plan)) return std::nullopt;
    return "+" + digits;
}

std::vector<std::string> spellings_of_old(std::string_view old_number, NumberPlan const& plan)
{
    std::vector<std::string> spellings{std::string(old_number)};
    auto const digits = old_number.substr(1);
    if (digits.starts_with(plan.default_country_code)) spellings.emplace_back(digits.substr(plan.default_country_code.size()));
    return spellings;
}

} // namespace pollux::numbers
