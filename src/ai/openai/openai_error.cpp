#include "ai/openai/openai_error.hpp"

#include "ai/gemini/gemini_error.hpp"
#include "ai/refusal.hpp"
#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::ai {

namespace json = boost::json;

namespace {

// Words of `code` and `type`, for errors inside a stream, which have no status of their own.
constexpr auto status_of_words = std::to_array<std::pair<std::string_view, int>>({
    {"invalid_request_error", 400},
    {"BadRequestError", 400},
    {"context_length_exceeded", 400},
    {"exceed_context_size_error", 400},
    {"content_policy_violation", 400},
    {"authentication_error", 401},
    {"invalid_api_key", 401},
    {"permission_error", 403},
    {"not_found_error", 404},
    {"NotFoundError", 404},
    {"model_not_found", 404},
    {"insufficient_quota", 429},
    {"rate_limit_exceeded", 429},
    {"rate_limit_error", 429},
    {"server_error", 500},
    {"api_error", 500},
    {"InternalServerError", 500},
    {"overloaded_error", 503},
    {"unavailable_error", 503},
    {"timeout_error", 504},
});

int status_of(std::string_view word)
{
    auto const known = std::ranges::find(status_of_words, word, &std::pair<std::string_view, int>::first);
    return known == status_of_words.end() ? 0 : known->second;
}

// A number, or one that is written as text.
int number_of(json::object const& error, std::string_view name)
{
    auto number = number_at(error, name, 0);
    if (number == 0) number = parse_integer(text_at(error, name)).value_or(0);
    return number >= 400 && number <= 599 ? static_cast<int>(number) : 0;
}

// Of several errors the first one.
json::object const* object_of(json::value const& answer)
{
    auto const* array = answer.if_array();
    if (array) return array->empty() ? nullptr : array->front().if_object();
    return answer.if_object();
}

OpenAiError make_error(int status, std::string word)
{
    OpenAiError made{status, std::move(word), {}};
    made.failure.kind = kind_of_status(status);
    // It is a conflict of the server's with itself, as OpenAI's client sees it.
    if (status == 409) made.failure.kind = Failed::Kind::transient;
    if (status == 429) made.failure.reason = Failed::Reason::rate_limited;
    if (made.word == "insufficient_quota") made.failure.kind = Failed::Kind::permanent; // Until somebody pays.
    made.failure.detail = "the server answered " + (status == 0 ? std::string("with an error") : std::to_string(status));
    if (!made.word.empty()) made.failure.detail += " " + made.word;
    return made;
}

OpenAiError read_error(json::object const& error, int http_status)
{
    if (!text_at(error, "status").empty()) { // Google's.
        auto google = read_error_object(error, http_status);
        return {google.status, google.word, std::move(google.failure)};
    }
    auto word = fixed_word(error, "code");
    if (status_of(word) == 0 && !fixed_word(error, "type").empty()) word = fixed_word(error, "type");
    auto status = http_status;
    if (status == 0) status = number_of(error, "code");
    if (status == 0) status = std::max(status_of(fixed_word(error, "code")), status_of(fixed_word(error, "type")));
    return make_error(status, std::move(word));
}

bool names(json::object const& object, std::string_view member, std::string_view name)
{
    return text_at(object, member).find(name) != std::string_view::npos;
}

// FastAPI's: {"loc": ["body", "stream_options"], "msg": "...", "input": what was sent}.
bool is_located_at(json::value const& fault, std::string_view name)
{
    auto const* object = fault.if_object();
    auto const* places = object ? array_at(*object, "loc") : nullptr;
    auto const is_named = [name](json::value const& place) { return place.is_string() && std::string_view(place.get_string()) == name; };
    return (object && names(*object, "msg", name)) || (places && std::ranges::any_of(*places, is_named));
}

} // namespace

bool is_about_argument(std::string_view body, std::string_view name)
{
    boost::system::error_code failed;
    auto const answer = json::parse(body, failed);
    if (failed) return body.find(name) != std::string_view::npos; // A sentence.
    auto const* object = object_of(answer);
    if (!object) return false;
    if (names(*object, "message", name) || names(*object, "detail", name) || names(*object, "error", name)) return true;
    auto const* faults = array_at(*object, "detail");
    if (faults && std::ranges::any_of(*faults, [name](json::value const& fault) { return is_located_at(fault, name); })) return true;
    auto const* error = object_at(*object, "error");
    return error && (names(*error, "param", name) || names(*error, "message", name));
}

std::optional<OpenAiError> openai_error_in(json::value const& event)
{
    auto const* object = object_of(event);
    if (!object) return std::nullopt;
    if (auto const* error = object_at(*object, "error")) return read_error(*error, 0);
    if (!text_at(*object, "error").empty()) return make_error(0, {});
    if (text_at(*object, "object") == "error") return read_error(*object, 0);
    return std::nullopt;
}

OpenAiError read_openai_refusal(int http_status, std::string_view body, RetryHeaders headers)
{
    boost::system::error_code failed;
    auto const answer = json::parse(body, failed);
    auto const* object = failed ? nullptr : object_of(answer);
    auto const* error = object ? object_at(*object, "error") : nullptr;
    if (object && !error && text_at(*object, "object") == "error") error = object;

    auto read = error ? read_error(*error, http_status) : make_error(http_status, {});
    auto const milliseconds = parse_integer(headers.milliseconds);
    bool const is_told = milliseconds && *milliseconds >= 0 && *milliseconds <= std::chrono::milliseconds(retry_after_max).count();
    if (is_told) read.failure.retry_after = std::chrono::milliseconds(*milliseconds);
    if (!read.failure.retry_after) read.failure.retry_after = read_retry_after(headers.seconds);
    return read;
}

} // namespace pollux::ai
