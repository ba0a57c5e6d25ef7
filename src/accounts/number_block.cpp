#include "accounts/number_block.hpp"

#include "numbers/number_table.hpp"

#include <algorithm>

namespace pollux::accounts {

std::string block_of(std::string_view mobile)
{
    constexpr std::size_t own_digits = 4;
    return std::string(mobile.substr(0, mobile.size() - std::min(mobile.size(), own_digits)));
}

std::string region_of(std::string_view mobile)
{
    auto const digits = mobile.substr(mobile.starts_with('+') ? 1 : 0);
    auto const* code = numbers::calling_code_of(digits);
    if (code == nullptr) return "?";
    auto const& region = numbers::region_of(*code, digits.substr(code->code.size()));
    return std::string(region.iso.empty() ? code->code : region.iso);
}

} // namespace pollux::accounts
