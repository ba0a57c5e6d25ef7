#include "ai/gemini/gemini_error.hpp"

#include "ai/refusal.hpp"
#include "base/lenient_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pollux::ai {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t quotas_bytes_max = 100;

constexpr auto status_of_words = std::to_array<std::pair<std::string_view, int>>({
    {"INVALID_ARGUMENT", 400},
    {"FAILED_PRECONDITION", 400},
    {"OUT_OF_RANGE", 400},
    {"UNAUTHENTICATED", 401},
    {"PERMISSION_DENIED", 403},
    {"NOT_FOUND", 404},
    {"RESOURCE_EXHAUSTED", 429},
    {"CANCELLED", 499},
    {"INTERNAL", 500},
    {"UNAVAILABLE", 503},
    {"DEADLINE_EXCEEDED", 504},
});

// Details: an array of objects that name their type.
json::object const* detail_of_type(json::object const& error, std::string_view type)
{
    auto const* details = array_at(error, "details");
    if (!details) return nullptr;
    for (auto const& detail : *details) {
        auto const* object = detail.if_object();
        if (object && text_at(*object, "@type").ends_with(type)) return object;
    }
    return nullptr;
}

// The names of the quotas that were passed: "GenerateRequestsPerDayPerProjectPerModel-FreeTier".
std::string quotas_passed(json::object const& error)
{
    std::string names;
    auto const* failure = detail_of_type(error, "google.rpc.QuotaFailure");
    auto const* violations = failure ? array_at(*failure, "violations") : nullptr;
    if (!violations) return names;
    for (auto const& violation : *violations) {
        auto const* object = violation.if_object();
        auto const name = object ? fixed_word(*object, "quotaId") : std::string();
        if (!name.empty() && names.size() < quotas_bytes_max) names += " " + name;
    }
    return names;
}

std::string describe(int status, std::string_view word, std::string_view reason, std::string_view quotas)
{
    std::string text = "gemini answered " + (status == 0 ? std::string("with an error") : std::to_string(status));
    for (auto part : {word, reason}) {
        if (!part.empty()) text += " " + std::string(part);
    }
    return text + std::string(quotas);
}

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text)
{
    if (!text.ends_with('s')) return std::nullopt;
    text.remove_suffix(1);
    double seconds = 0;
    auto const [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    bool const whole = failed == std::errc() && rest == text.data() + text.size();
    if (!whole || !(seconds >= 0) || seconds > std::chrono::duration<double>(retry_after_max).count()) return std::nullopt;
    return std::chrono::ceil<milliseconds>(std::chrono::duration<double>(seconds));
}

json::object const* error_in(json::value const& answer)
{
    auto const* array = answer.if_array();
    auto const* object = array ? (array->empty() ? nullptr : array->front().if_object()) : answer.if_object();
    return object ? object_at(*object, "error") : nullptr;
}

GeminiError read_error_object(json::object const& error, int http_status)
{
    GeminiError read;
    read.word = fixed_word(error, "status");
    if (auto const* info = detail_of_type(error, "google.rpc.ErrorInfo")) read.reason = fixed_word(*info, "reason");

    auto const known = std::ranges::find(status_of_words, std::string_view(read.word), &std::pair<std::string_view, int>::first);
    auto const code = number_at(error, "code", known == status_of_words.end() ? 0 : known->second);
    read.status = http_status != 200 && http_status != 0 ? http_status : static_cast<int>(std::clamp<std::int64_t>(code, 0, 999));

    auto const quotas = quotas_passed(error);
    read.failure.kind = kind_of_status(read.status);
    if (read.status == 429) read.failure.reason = Failed::Reason::rate_limited;
    bool const day_is_used_up = read.status == 429 && quotas.find("PerDay") != std::string::npos;
    if (day_is_used_up) read.failure.kind = Failed::Kind::permanent;
    if (auto const* retry = detail_of_type(error, "google.rpc.RetryInfo"))
        read.failure.retry_after = parse_duration(text_at(*retry, "retryDelay"));
    read.failure.detail = describe(read.status, read.word, read.reason, quotas);
    return read;
}

GeminiError read_error_answer(int http_status, std::string_view body, std::string_view retry_after)
{
    boost::system::error_code failed;
    auto const answer = json::parse(body, failed);
    auto const* error = failed ? nullptr : error_in(answer);

    auto read = read_error_object(error ? *error : json::object(), http_status);
    if (read.failure.retry_after) return read;
    read.failure.retry_after = read_retry_after(retry_after);
    return read;
}

} // namespace pollux::ai
