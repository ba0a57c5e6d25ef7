#include "http/request.hpp"

#include "base/text.hpp"
#include "http/header_fields.hpp"

#include <algorithm>

namespace pollux::http {

std::optional<std::string_view> Request::header(std::string_view name) const
{
    auto found = fields->fields.find(name);
    if (found == fields->fields.end()) return std::nullopt;
    return std::string_view(found->value());
}

namespace {

bool accepts(Request const& request, std::string_view type)
{
    auto accept = request.header("Accept");
    return accept && lower_ascii(*accept).find(type) != std::string::npos;
}

} // namespace

std::string_view Request::bearer_token() const
{
    constexpr std::string_view scheme = "bearer ";
    auto const authorization = header("Authorization").value_or("");
    if (authorization.size() <= scheme.size() || !equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return {};
    return trim(authorization.substr(scheme.size()));
}

bool Request::accepts_event_stream() const
{
    return accepts(*this, "text/event-stream");
}

bool Request::accepts_html() const
{
    return accepts(*this, "text/html");
}

Result<std::optional<std::string>> Request::idempotency_key() const
{
    constexpr std::size_t key_bytes_max = 255;
    auto key = header("Idempotency-Key");
    if (!key) return std::optional<std::string>();
    bool const printable = std::all_of(key->begin(), key->end(), [](char letter) { return letter > 0x20 && letter < 0x7F; });
    if (key->empty() || key->size() > key_bytes_max || !printable) {
        return malformed("invalid_idempotency_key", "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.");
    }
    return std::optional<std::string>(*key);
}

std::string Request::client_request_id() const
{
    constexpr std::size_t id_bytes_max = 200;
    auto const given = header("X-Request-ID");
    if (!given || given->size() > id_bytes_max) return {};
    bool const is_printable = std::ranges::all_of(*given, [](char letter) { return letter >= 0x20 && letter < 0x7F; });
    return is_printable ? std::string(*given) : std::string();
}

Result<std::string> Request::path_word(std::string_view name) const
{
    constexpr std::size_t word_bytes_max = 100;
    for (auto const& [known, value] : path_parameters) {
        if (known != name) continue;
        bool const is_word = !value.empty() && value.size() <= word_bytes_max && std::ranges::all_of(value, [](char letter) {
            return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_';
        });
        if (is_word) return std::string(value);
    }
    return not_found(name);
}

std::optional<std::int64_t> Request::path_number(std::string_view name) const
{
    for (auto const& [known, value] : path_parameters) {
        if (known != name) continue;
        auto number = parse_integer(value);
        bool const canonical = number && *number > 0 && value.front() != '0';
        return canonical ? number : std::nullopt;
    }
    return std::nullopt;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!query.empty()) {
        auto end = std::min(query.find('&'), query.size());
        auto part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (part.empty()) continue;
        if (pairs.size() == query_parameters_max) {
            return malformed("too_many_parameters", "A query string may hold " + std::to_string(query_parameters_max) + " parameters.");
        }
        auto equals = std::min(part.find('='), part.size());
        auto name = percent_decode(part.substr(0, equals), true);
        auto value = percent_decode(equals < part.size() ? part.substr(equals + 1) : "", true);
        if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) {
            return malformed("invalid_query", "The query string has a broken percent escape or is not UTF-8.");
        }
        auto repeated = std::any_of(pairs.begin(), pairs.end(), [&](auto const& pair) { return pair.first == *name; });
        if (repeated) return malformed("repeated_parameter", "A query parameter is given twice; give each once.");
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

} // namespace pollux::http
