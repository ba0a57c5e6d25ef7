#include "numbers/number_reader.hpp"

#include "numbers/number_pattern.hpp"
#include "numbers/number_table.hpp"
#include "numbers/number_text.hpp"
#include "numbers/old_number.hpp"

#include <algorithm>
#include <bit>

namespace pollux::numbers {
namespace {

constexpr std::size_t digits_max = 15; // E.164, with the calling code.
constexpr std::size_t digits_min = 7;  // The shortest that any phone has; a country's plan may know shorter ones, of services.

// The national numbers behind a calling code.
class Nation {
public:
    Nation(CallingCode const& code, NumberPlan const& plan) : code_(code), lengths_(code.lengths())
    {
        for (auto const& extra : plan.extra_lengths) {
            if (extra.code == code.code) lengths_ |= 1u << extra.digits;
        }
        lengths_ &= (1u << (digits_max - code.code.size() + 1)) - 1;
        auto const long_enough = lengths_ & ~((1u << (digits_min - code.code.size())) - 1);
        if (long_enough != 0) lengths_ = long_enough;
    }

    bool has_length(std::string_view national) const { return national.size() <= digits_max && (lengths_ >> national.size() & 1); }
    std::size_t digits_least() const { return static_cast<std::size_t>(std::countr_zero(lengths_)); }
    std::size_t digits_most() const { return static_cast<std::size_t>(std::bit_width(lengths_)) - 1; }

    // How sure it is that this is a number of the country: its length never says more than "possible".
    enum class Sense { none, number, mobile };

    Sense sense_of(std::string_view national) const
    {
        if (matches(&Region::mobile, national)) return Sense::mobile;
        return matches(&Region::pattern, national) ? Sense::number : Sense::none;
    }

    // Without what stands in front only when one dials at home.
    std::string_view without_trunk(std::string_view national, bool has_zero_in_brackets) const
    {
        for (;;) {
            auto const rest = has_zero_in_brackets ? national.substr(1) : without_one_trunk(national);
            if (rest.size() == national.size() || !has_length(rest)) return national;
            bool const is_open = has_length(national) && sense_of(national) != Sense::none;
            if (is_open && sense_of(rest) <= sense_of(national)) return national;
            national = rest;
            has_zero_in_brackets = false;
        }
    }

private:
    bool matches(std::string_view Region::* pattern, std::string_view national) const
    {
        return std::ranges::any_of(code_.regions(), [&](Region const& region) { return matches_number(region.*pattern, national); });
    }

    std::string_view without_one_trunk(std::string_view national) const
    {
        for (auto left = code_.trunks; !left.empty();) {
            auto const trunk = left.substr(0, left.find(' '));
            left.remove_prefix(std::min(left.size(), trunk.size() + 1));
            bool const is_here = national.starts_with(trunk) && has_length(national.substr(trunk.size()));
            if (is_here) return national.substr(trunk.size());
        }
        return national;
    }

    CallingCode const& code_;
    std::uint32_t lengths_;
};

// A number taken apart. Its text is the caller's.
struct Parts {
    CallingCode const* code = nullptr;
    std::string_view national;
    bool is_international = false;
};

bool is_at(std::optional<std::size_t> place, std::size_t wanted)
{
    return place && *place == wanted;
}

// How many digits in front say that a calling code follows; nullopt for a national number.
std::optional<std::size_t> international_prefix(PlainNumber const& plain, CallingCode const* home)
{
    if (plain.has_plus) return 0;
    if (plain.digits.starts_with("00")) return 2;
    bool const is_abroad = home != nullptr && !home->international.empty() && plain.digits.starts_with(home->international);
    if (is_abroad) return home->international.size();
    return std::nullopt;
}

Parts read_international(PlainNumber const& plain, std::size_t prefix, NumberPlan const& plan)
{
    auto const digits = std::string_view(plain.digits).substr(prefix);
    auto const* code = calling_code_of(digits);
    if (code == nullptr) return {.is_international = true};
    auto const national = digits.substr(code->code.size());
    bool const has_zero = is_at(plain.bracketed_zero, prefix + code->code.size());
    return {code, Nation(*code, plan).without_trunk(national, has_zero), true};
}

// The own country's code may stand in front without a "+".
Parts read_national(PlainNumber const& plain, CallingCode const* home, NumberPlan const& plan)
{
    if (home == nullptr) return {};
    Nation const nation(*home, plan);
    std::string_view const digits = plain.digits;
    auto const whole = nation.without_trunk(digits, is_at(plain.bracketed_zero, 0));
    if (!digits.starts_with(home->code)) return {home, whole};
    bool const has_zero = is_at(plain.bracketed_zero, home->code.size());
    auto const rest = nation.without_trunk(digits.substr(home->code.size()), has_zero);
    if (!nation.has_length(rest)) return {home, whole};
    bool const is_rest = !nation.has_length(whole) || nation.sense_of(rest) > nation.sense_of(whole);
    return {home, is_rest ? rest : whole};
}

std::string lengths_in_words(Nation const& nation)
{
    auto const least = nation.digits_least();
    auto const most = nation.digits_most();
    return (least == most ? "" : std::to_string(least) + " to ") + std::to_string(most) + " digits";
}

Error wrong_length(Parts const& parts, Nation const& nation)
{
    auto const count = parts.national.size();
    std::string_view const word = count < nation.digits_least() ? "too_short" : count > nation.digits_most() ? "too_long" : "invalid";
    std::string detail = "A number with the country code +" + std::string(parts.code->code) + " has " + lengths_in_words(nation) +
                         " behind the code, and this has " + std::to_string(count) + "; see whether one is missing or too many.";
    if (!parts.is_international) detail += " A number of another country is written with + and its country code in front.";
    return invalid("mobile", word, detail);
}

bool is_allowed(Parts const& parts, NumberPlan const& plan)
{
    auto const& allowed = plan.allowed_countries;
    if (allowed.empty()) return true;
    auto const iso = region_of(*parts.code, parts.national).iso;
    auto const digits = std::string(parts.code->code) + std::string(parts.national);
    return std::ranges::any_of(allowed, [&](auto const& entry) { return entry == iso || digits.starts_with(entry); });
}

} // namespace

Result<std::string> read_number(std::string_view text, NumberPlan const& plan)
{
    auto const plain = plain_number(text);
    if (!plain) {
        return invalid("mobile", "invalid", "A number is digits, with + and the country code in front if it is not of this country.");
    }
    if (plain->digits.empty()) return invalid("mobile", "too_short", "A number has digits; write yours, as in +14155550100.");
    auto const* home = calling_code(plan.default_country_code);
    auto const prefix = international_prefix(*plain, home);
    auto const parts = prefix ? read_international(*plain, *prefix, plan) : read_national(*plain, home, plan);
    if (parts.code == nullptr) {
        return invalid("mobile", "invalid",
                       "No country has a code that begins like this; write + and the country code, as in +14155550100.");
    }
    Nation const nation(*parts.code, plan);
    if (!nation.has_length(parts.national)) return wrong_length(parts, nation);
    if (is_refused_type(*parts.code, parts.national)) {
        return invalid("mobile", "not_personal",
                       "This is a premium, shared-cost, pager or satellite number, to which no codes are sent; use a mobile number.");
    }
    if (!is_allowed(parts, plan)) return invalid("mobile", "country_not_allowed", "Numbers of this country are not taken here.");
    return "+" + std::string(parts.code->code) + std::string(parts.national);
}

Spelling read_spelling(std::string_view text, NumberPlan const& plan)
{
    auto const plain = plain_number(text);
    return {read_number(text, plan), read_old_number(text, plan), plain && plain->has_plus};
}

} // namespace pollux::numbers
