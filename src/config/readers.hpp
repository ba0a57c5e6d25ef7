// How the text of a setting becomes a member of Config. Each function here fits Setting::read. Where things are is read by place_readers.
#pragma once

#include "base/text.hpp"
#include "config/addresses.hpp"
#include "config/settings.hpp"
#include "config/words.hpp"

#include <type_traits>
#include <utility>

namespace pollux::config {

std::optional<bool> parse_flag(std::string_view text);      // True, true, yes, on, 1 and their opposites.
std::vector<std::string> split_list(std::string_view text); // By comma; trimmed; empty parts are dropped.
Complaint number_complaint(std::int64_t min, std::int64_t max);

template <auto Member>
using MemberType = std::remove_reference_t<decltype(std::declval<Config&>().*Member)>;

// For integers and durations (in the member's own unit). With Off::is_zero, the word "off" means 0.
enum class Off { is_wrong, is_zero };
template <auto Member, std::int64_t Min, std::int64_t Max, Off OffWord = Off::is_wrong>
Complaint read_number(std::string const& text, Config& config)
{
    auto number = OffWord == Off::is_zero && lower_ascii(text) == "off" ? 0 : parse_integer(text);
    if (!number || *number < Min || *number > Max) return number_complaint(Min, Max);
    config.*Member = static_cast<MemberType<Member>>(*number);
    return {};
}

template <auto Member>
Complaint read_flag(std::string const& text, Config& config)
{
    auto flag = parse_flag(text);
    if (!flag) return "must be True or False";
    config.*Member = *flag;
    return {};
}

template <auto Member>
Complaint read_choice(std::string const& text, Config& config)
{
    std::string choices;
    for (auto const& [word, value] : words_of(MemberType<Member>{})) {
        if (equals_ignoring_case(text, word)) {
            config.*Member = value;
            return {};
        }
        choices += (choices.empty() ? "" : ", ") + std::string(word);
    }
    return "must be one of " + choices;
}

// Without the pair of quotation marks that a file for containers, or a shell, has left around a value.
std::string_view unquoted(std::string_view text);

template <auto Member>
Complaint read_text(std::string const& text, Config& config)
{
    if (!is_utf8(text)) return "must be UTF-8";
    config.*Member = text;
    return {};
}

// One word of printable ASCII: keys, ids, names of models.
bool is_word(std::string_view text);
template <auto Member>
Complaint read_word(std::string const& text, Config& config)
{
    auto const word = unquoted(text);
    if (!is_word(word)) return "must be one word of printable characters";
    config.*Member = word;
    return {};
}

template <auto Member>
Complaint read_secret(std::string const& text, Config& config)
{
    if (!is_word(text)) return "must be one line of printable characters without spaces";
    config.*Member = Secret(text);
    return {};
}

// A key that somebody else has made: no quotation mark belongs to it.
template <auto Member>
Complaint read_service_key(std::string const& text, Config& config)
{
    auto const key = unquoted(text);
    if (!is_word(key)) return "must be one line of printable characters without spaces";
    if (key.find_first_of("\"'`") != std::string_view::npos) return "must not hold a quotation mark";
    config.*Member = Secret(std::string(key));
    return {};
}

inline constexpr char const* web_url_complaint = "must be a URL like https://host/path, without user, query or fragment";

// A service that Pollux calls.
template <auto Member>
Complaint read_url(std::string const& text, Config& config)
{
    auto url = parse_web_url(unquoted(text));
    if (!url) return web_url_complaint;
    config.*Member = url->text();
    return {};
}

// May end in the version of the paths, as Google's documents write it: it then counts as GEMINI_API_VERSION.
Complaint read_gemini_base_url(std::string const& text, Config& config);
Complaint read_nothing(std::string const& text, Config& config);
Complaint read_rate_rules(std::string const& text, Config& config);
Complaint read_ai_models(std::string const& text, Config& config);
Complaint read_title_model(std::string const& text, Config& config); // One of them, or "off".
Complaint read_model_labels(std::string const& text, Config& config);
Complaint read_country_code(std::string const& text, Config& config);
Complaint read_allowed_countries(std::string const& text, Config& config);
Complaint read_number_lengths(std::string const& text, Config& config);
Complaint read_admin_mobile(std::string const& text, Config& config);
Complaint read_test_numbers(std::string const& text, Config& config);
Complaint read_sms_template(std::string const& text, Config& config);
Complaint read_sms_origin(std::string const& text, Config& config);
Complaint read_stripe_key(std::string const& text, Config& config);
Complaint read_webhook_secrets(std::string const& text, Config& config);
Complaint read_price_ids(std::string const& text, Config& config);

} // namespace pollux::config
