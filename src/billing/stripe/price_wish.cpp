#include "billing/stripe/price_wish.hpp"

#include "base/text.hpp"
#include "billing/stripe/currency.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pollux::billing::stripe {
namespace {

constexpr std::array<std::string_view, 4> intervals{"day", "week", "month", "year"};
// The most that Stripe takes of any currency, which are rupiahs. Of most others it takes less, and says so itself: how much differs, and
// may change. Source: docs.stripe.com/currencies ("Minimum and maximum charge amounts").
constexpr std::int64_t amount_max = 999'999'999'999;
constexpr std::size_t amount_digits_max = 12;

Error wrong(std::string line)
{
    return {ErrorKind::invalid, "wrong_price", std::move(line)};
}

bool is_digits(std::string_view text)
{
    return std::ranges::all_of(text, [](char character) { return character >= '0' && character <= '9'; });
}

// Never by way of a float: 19.99 is 1999. What has more digits than amount_max is more than that.
std::optional<std::int64_t> minor_of(std::string_view amount, std::int64_t digits)
{
    auto const point = amount.find('.');
    auto const whole = amount.substr(0, point);
    auto const rest = point == std::string_view::npos ? std::string_view() : amount.substr(point + 1);
    bool const has_too_many = static_cast<std::int64_t>(rest.size()) > digits;
    if (whole.empty() || !is_digits(whole) || !is_digits(rest) || has_too_many || (point != std::string_view::npos && rest.empty()))
        return std::nullopt;
    auto text = std::string(whole) + std::string(rest);
    text.append(static_cast<std::size_t>(digits) - rest.size(), '0');
    text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
    if (text.empty()) return std::nullopt;
    if (text.size() > amount_digits_max) return amount_max + 1;
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

} // namespace

Result<PriceWish> read_price_wish(std::string_view amount, std::string_view currency, std::string_view interval)
{
    PriceWish wish{0, lower_ascii(currency), std::string(interval)};
    bool const is_word =
        wish.currency.size() == 3 && std::ranges::all_of(wish.currency, [](char letter) { return letter >= 'a' && letter <= 'z'; });
    if (!is_word) return wrong("--currency takes three letters, like usd or eur.");
    if (std::ranges::find(intervals, interval) == intervals.end()) return wrong("--interval is day, week, month or year.");
    auto const digits = minor_digits(wish.currency);
    auto const minor = minor_of(amount, digits);
    if (!minor) {
        auto const example = digits == 0 ? "2000" : digits == 3 ? "20.000" : "20.00";
        return wrong("--amount takes a number above 0 with at most " + std::to_string(digits) + " digits behind the point, like " +
                     example + ", for " + wish.currency + ".");
    }
    if (*minor > amount_max) {
        return wrong("--amount is more than Stripe takes of any currency: " + std::to_string(amount_digits_max) +
                     " digits, with those behind the point.");
    }
    wish.amount_minor = *minor;
    return wish;
}

std::string price_text(std::int64_t amount_minor, std::string const& currency, std::string const& interval)
{
    auto const digits = static_cast<std::size_t>(minor_digits(currency));
    auto text = std::to_string(amount_minor);
    if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
    if (digits > 0) text.insert(text.size() - digits, ".");
    return text + " " + currency + " a " + interval;
}

std::string lookup_key_of(std::string_view interval)
{
    return "pollux_pro_" + (interval == "day" ? std::string("daily") : std::string(interval) + "ly");
}

} // namespace pollux::billing::stripe
