#include "ai/gemini/gemini_state.hpp"

#include "ai/checked_event.hpp"
#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

namespace pollux::ai {

namespace json = boost::json;

namespace {

json::array parts_to_json(std::vector<SignedPart> const& parts)
{
    json::array array;
    for (auto const& part : parts) array.push_back({{"begin", part.begin}, {"end", part.end}, {"signature", part.signature}});
    return array;
}

std::vector<SignedPart> parts_from_json(json::object const& object)
{
    std::vector<SignedPart> parts;
    auto const* array = array_at(object, "parts");
    if (!array) return parts;
    for (auto const& value : *array) {
        auto const* part = value.if_object();
        if (!part) return {};
        auto const begin = number_at(*part, "begin", -1);
        auto const end = number_at(*part, "end", -1);
        auto const after = parts.empty() ? 0 : static_cast<std::int64_t>(parts.back().end);
        if (begin < after || end < begin) return {};
        parts.push_back({static_cast<std::size_t>(begin), static_cast<std::size_t>(end), std::string(text_at(*part, "signature"))});
    }
    return parts;
}

json::array citations_to_json(std::vector<Citation> const& citations)
{
    json::array array;
    for (auto const& one : citations) array.push_back({{"url", one.url}, {"title", one.title}, {"start", one.start}, {"end", one.end}});
    return array;
}

std::vector<Citation> citations_from_json(json::object const& object)
{
    std::vector<Citation> citations;
    auto const* array = array_at(object, "citations");
    if (!array) return citations;
    for (auto const& value : *array) {
        auto const* one = value.if_object();
        if (!one) return {};
        citations.push_back({std::string(text_at(*one, "url")), std::string(text_at(*one, "title")), number_at(*one, "start", 0),
                             number_at(*one, "end", 0)});
    }
    return citations;
}

json::object parse_object(std::string_view encoded)
{
    boost::system::error_code failed;
    auto value = json::parse(encoded, failed);
    if (failed || !value.is_object()) return {};
    return std::move(value.as_object());
}

} // namespace

std::string encode_state(ReplyState const& state)
{
    if (state.parts.empty()) return {};
    auto encoded = json::serialize(json::object{{"model", state.model}, {"parts", parts_to_json(state.parts)}});
    return encoded.size() > provider_state_bytes_max ? std::string() : encoded;
}

ReplyState decode_state(std::string_view encoded, std::string_view text)
{
    if (encoded.empty()) return {};
    auto const object = parse_object(encoded);
    ReplyState state{std::string(text_at(object, "model")), parts_from_json(object)};
    for (auto const& part : state.parts) {
        if (!is_character_border(text, part.begin) || !is_character_border(text, part.end)) return {};
    }
    return state;
}

std::string encode_so_far(ReplySoFar const& so_far)
{
    return json::serialize(json::object{{"token", so_far.token},
                                        {"text_bytes", so_far.text_bytes},
                                        {"parts", parts_to_json(so_far.parts)},
                                        {"citations", citations_to_json(so_far.citations)}});
}

ReplySoFar decode_so_far(std::string_view encoded)
{
    if (encoded.empty()) return {};
    auto const object = parse_object(encoded);
    auto const text_bytes = std::max<std::int64_t>(0, number_at(object, "text_bytes", 0));
    return {std::string(text_at(object, "token")), static_cast<std::size_t>(text_bytes), parts_from_json(object),
            citations_from_json(object)};
}

} // namespace pollux::ai
