#include "config/readers.hpp"

#include "base/required.hpp"
#include "base/sms_text.hpp"
#include "numbers/number_table.hpp"

#include <boost/url/parse_path.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace pollux::config {

namespace urls = boost::urls;

namespace {

bool is_digits(std::string_view text, std::size_t min, std::size_t max)
{
    return text.size() >= min && text.size() <= max && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "2026-12-31" -> the first moment of the next day.
std::optional<Time> end_of_date(std::string_view text)
{
    bool const has_shape = text.size() == 10 && text[4] == '-' && text[7] == '-';
    if (!has_shape || !is_digits(text.substr(0, 4), 4, 4) || !is_digits(text.substr(5, 2), 2, 2) || !is_digits(text.substr(8), 2, 2))
        return {};
    auto number = [&](std::size_t at, std::size_t count) { return static_cast<int>(parse_integer(text.substr(at, count)).value_or(0)); };
    std::chrono::year_month_day const date(std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
    if (!date.ok()) return {};
    return Time(std::chrono::sys_days(date) + std::chrono::days(1));
}

std::optional<TestNumber> parse_test_number(std::string_view text)
{
    std::size_t const colon = text.find(':');
    if (colon == std::string_view::npos || !text.starts_with('+')) return {};
    // What is no possible number is kept as it stands: an account from before such numbers were refused may have it.
    auto const mobile = numbers::read_spelling(text.substr(0, colon), {});
    if (!mobile.number && !mobile.old_number) return {};
    std::string_view const rest = text.substr(colon + 1);
    std::size_t const at = rest.find('@');
    TestNumber number{mobile.number ? *mobile.number : required(mobile.old_number), std::string(rest.substr(0, at)), {}};
    if (!is_digits(number.code, 6, 6)) return {};
    if (at == std::string_view::npos) return number;
    number.valid_until = end_of_date(rest.substr(at + 1));
    if (!number.valid_until) return {};
    return number;
}

std::optional<RateOverride> parse_rate_rule(std::string_view text)
{
    std::size_t const equals = text.find('=');
    std::size_t const slash = text.find('/', equals == std::string_view::npos ? 0 : equals);
    if (equals == std::string_view::npos || slash == std::string_view::npos) return {};
    std::string_view const name = trim(text.substr(0, equals));
    auto count = parse_integer(trim(text.substr(equals + 1, slash - equals - 1)));
    auto seconds = parse_integer(trim(text.substr(slash + 1)));
    constexpr std::array<std::string_view, 10> names{"auth",           "otp",  "webhook",      "send", "send_address", "create",
                                                     "create_address", "read", "read_address", "plan"};
    bool const is_known = std::ranges::find(names, name) != names.end();
    if (!is_known || !count || !seconds || *count < 1 || *count > 1'000'000 || *seconds < 1 || *seconds > 86'400) return {};
    return RateOverride{std::string(name), *count, std::chrono::seconds(*seconds)};
}

// v1, v1beta, v1alpha2 ...
bool is_api_version(std::string_view text)
{
    if (text.size() < 2 || text.front() != 'v') return false;
    auto const digits_end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    auto const word_end = std::min(text.find_first_of("0123456789", digits_end), text.size());
    auto const word = text.substr(digits_end, word_end - digits_end);
    bool const is_known = word.empty() || word == "alpha" || word == "beta";
    return digits_end > 1 && is_known && text.find_first_not_of("0123456789", word_end) == std::string_view::npos;
}

bool is_model_name(std::string_view text)
{
    auto allowed = [](char c) {
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || std::string_view("-_./:@+").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), allowed);
}

// "gemini:NAME", "openai:NAME", "demo".
bool is_model(std::string_view text)
{
    auto const colon = text.find(':');
    auto const provider = text.substr(0, colon);
    bool const is_named = colon != std::string_view::npos && (provider == "gemini" || provider == "openai");
    return text == "demo" || (is_named && is_model_name(text.substr(colon + 1)));
}

} // namespace

std::optional<bool> parse_flag(std::string_view text)
{
    std::string const word = lower_ascii(text);
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
    return {};
}

std::vector<std::string> split_list(std::string_view text)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        std::size_t const comma = std::min(text.find(','), text.size());
        std::string_view const part = trim(text.substr(0, comma));
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

Complaint number_complaint(std::int64_t min, std::int64_t max)
{
    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

bool is_word(std::string_view text)
{
    return !text.empty() && text.size() <= 4096 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

std::string_view unquoted(std::string_view text)
{
    text = trim(text);
    bool const is_quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

Complaint read_gemini_base_url(std::string const& text, Config& config)
{
    auto url = parse_web_url(unquoted(text));
    if (!url) return web_url_complaint;
    auto const segments = urls::parse_path(url->path).value();
    std::string before; // The path in front of the version.
    for (auto const segment : segments) {
        std::string_view const part(segment.data(), segment.size());
        if (is_api_version(part)) {
            auto const rest = url->path.substr(before.size() + 1 + part.size());
            if (!rest.empty()) return "must end before \"" + rest + "\": Pollux adds the paths behind the version itself";
            config.gemini_api_version = part;
            url->path = before;
            break;
        }
        if (part == "models") return "must end before \"/models\": Pollux adds the paths itself";
        before.append("/").append(part);
    }
    config.gemini_base_url = url->text();
    return {};
}

Complaint read_nothing(std::string const&, Config&)
{
    return {};
}

Complaint read_rate_rules(std::string const& text, Config& config)
{
    config.rate_rules.clear();
    for (std::string const& part : split_list(text)) {
        auto rule = parse_rate_rule(part);
        if (!rule)
            return "must be rules like send=30/60 (30 in 60 seconds) for auth, otp, webhook, send, send_address, create, create_address, "
                   "read, read_address or plan, by comma";
        config.rate_rules.push_back(*rule);
    }
    return {};
}

Complaint read_ai_models(std::string const& text, Config& config)
{
    config.ai_models.clear();
    for (std::string const& part : split_list(text)) {
        if (!is_model(part)) return "must be models like gemini:gemini-flash-latest, openai:NAME or demo, by comma";
        if (std::find(config.ai_models.begin(), config.ai_models.end(), part) != config.ai_models.end()) return "names a model twice";
        config.ai_models.push_back(part);
    }
    return {};
}

Complaint read_title_model(std::string const& text, Config& config)
{
    if (!is_model(text) && text != "off") return "must be a model like gemini:gemini-flash-latest, openai:NAME or demo, or off";
    config.ai_title_model = text;
    return {};
}

Complaint read_model_labels(std::string const& text, Config& config)
{
    constexpr std::size_t label_characters_max = 60;
    constexpr std::size_t line_characters_max = 200;
    constexpr std::string_view complaint = "must be like openai:llama3.2=Llama|Runs on our own machines., with semicolons between models: "
                                           "labels of 1 to 60 characters, lines of at most 200";
    config.ai_model_labels.clear();
    for (std::string_view rest = unquoted(text); !rest.empty();) {
        auto const end = std::min(rest.find(';'), rest.size());
        auto const part = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (part.empty()) continue;
        auto const sign = part.find('=');
        if (sign == std::string_view::npos) return std::string(complaint);
        auto const told = part.substr(sign + 1);
        auto const bar = std::min(told.find('|'), told.size());
        ModelLabel made{std::string(trim(part.substr(0, sign))), std::string(trim(told.substr(0, bar))),
                        std::string(trim(told.substr(std::min(bar + 1, told.size()))))};
        bool const is_text = is_utf8(part) && !has_control_or_bidi(part);
        bool const fits = is_text && !made.model.empty() && !made.label.empty() && code_points(made.label) <= label_characters_max &&
                          code_points(made.line) <= line_characters_max;
        if (!fits) return std::string(complaint);
        if (std::ranges::find(config.ai_model_labels, made.model, &ModelLabel::model) != config.ai_model_labels.end())
            return "names a model twice";
        config.ai_model_labels.push_back(std::move(made));
    }
    return {};
}

Complaint read_country_code(std::string const& text, Config& config)
{
    std::string_view digits = text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (numbers::calling_code(digits) == nullptr) return "must be a country's calling code like 1 or 49";
    config.default_country_code = digits;
    return {};
}

Complaint read_allowed_countries(std::string const& text, Config& config)
{
    config.allowed_countries.clear();
    if (lower_ascii(text) == "all") return {};
    for (std::string const& part : split_list(text)) {
        std::string_view digits = part;
        if (digits.starts_with('+')) digits.remove_prefix(1);
        bool const is_code = is_digits(digits, 1, 4) && digits.front() != '0';
        std::string region = part;
        std::ranges::transform(region, region.begin(), [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
        if (!is_code && !numbers::is_region(region)) return "must be countries like US, DE or calling codes like 44, 49, by comma, or all";
        config.allowed_countries.emplace_back(is_code ? digits : region);
    }
    return {};
}

Complaint read_number_lengths(std::string const& text, Config& config)
{
    config.number_lengths.clear();
    for (std::string const& part : split_list(text)) {
        auto const colon = part.find(':');
        auto const code = part.substr(0, colon);
        auto const digits = colon == std::string::npos ? std::nullopt : parse_integer(part.substr(colon + 1));
        bool const is_length = digits && *digits >= 4 && *digits + static_cast<std::int64_t>(code.size()) <= 15;
        if (numbers::calling_code(code) == nullptr || !is_length) {
            return "must be calling codes with the digits that follow them, like 229:10, by comma";
        }
        config.number_lengths.push_back({code, static_cast<int>(*digits)});
    }
    return {};
}

Complaint read_admin_mobile(std::string const& text, Config& config)
{
    bool const is_number = text.starts_with('+') && is_digits(std::string_view(text).substr(1), 7, 15) && text[1] != '0';
    if (!is_number) return "must be a number in international form without spaces, like +4915112345678";
    config.admin_mobile = text;
    return {};
}

Complaint read_test_numbers(std::string const& text, Config& config)
{
    config.otp_test_numbers.clear();
    for (std::string const& part : split_list(text)) {
        auto number = parse_test_number(part);
        if (!number) return "must be numbers like +11234567890:123456 or +11234567890:123456@2026-12-31 (a code has 6 digits), by comma";
        for (TestNumber const& other : config.otp_test_numbers) {
            if (other.mobile == number->mobile) return "names a number twice";
        }
        config.otp_test_numbers.push_back(*number);
    }
    return {};
}

Complaint read_sms_template(std::string const& text, Config& config)
{
    if (!is_utf8(text) || has_control_or_bidi(text) || code_points(text) > 300) return "must be one line of at most 300 characters";
    if (text.find("{code}") == std::string::npos) return "must contain {code}";
    if (!gsm_septets(text)) return "must be written in letters that every SMS has: none of other scripts, no curly quotes, no emoji";
    config.sms_template = text;
    return {};
}

Complaint read_sms_origin(std::string const& text, Config& config)
{
    auto const host = parse_host(unquoted(text));
    auto const* name = std::get_if<std::string>(&host);
    if (name == nullptr || name->find('.') == std::string::npos || name->starts_with('['))
        return "must be the name of a host alone, like chat.example.com";
    config.sms_origin = *name;
    return {};
}

Complaint read_stripe_key(std::string const& text, Config& config)
{
    auto const key = unquoted(text);
    if (!key.starts_with("sk_") && !key.starts_with("rk_")) return "must be a secret or restricted key of Stripe's (sk_... or rk_...)";
    return read_service_key<&Config::stripe_secret_key>(text, config);
}

Complaint read_webhook_secrets(std::string const& text, Config& config)
{
    config.stripe_webhook_secrets.clear();
    for (std::string& part : split_list(std::string(unquoted(text)))) {
        bool const is_secret = part.starts_with("whsec_") && part.size() > std::string_view("whsec_").size();
        if (!is_word(part) || !is_secret) return "must be signing secrets of webhook endpoints, like whsec_AbC, by comma";
        config.stripe_webhook_secrets.emplace_back(std::move(part));
    }
    return {};
}

Complaint read_price_ids(std::string const& text, Config& config)
{
    config.stripe_price_ids = split_list(std::string(unquoted(text)));
    // Prices made long ago are called otherwise than price_...; what never is one is what else Stripe's pages have to copy.
    constexpr std::array<std::string_view, 6> others{"prod_", "sk_", "rk_", "pk_", "whsec_", "acct_"};
    for (std::string const& price : config.stripe_price_ids) {
        bool const is_other = std::ranges::any_of(others, [&](auto begin) { return price.starts_with(begin); });
        if (!is_word(price) || is_other) return "must be ids of prices, like price_1AbC, by comma";
    }
    return {};
}

} // namespace pollux::config
