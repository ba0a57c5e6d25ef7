#include "ai/gemini/gemini_request.hpp"

#include "ai/gemini/gemini_state.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace pollux::ai {

namespace json = boost::json;

namespace {

json::object text_part(std::string_view text)
{
    return {{"text", text}};
}

// A reply as it once came: cut where a signature stood, each signature on its own piece.
json::array reply_parts(Turn const& turn, std::string_view model)
{
    std::string_view const text = turn.text;
    auto const state = decode_state(turn.provider_state, text);
    json::array parts;
    std::size_t at = 0;
    if (state.model == model) {
        for (auto const& signed_part : state.parts) {
            if (signed_part.begin > at) parts.push_back(text_part(text.substr(at, signed_part.begin - at)));
            auto part = text_part(text.substr(signed_part.begin, signed_part.end - signed_part.begin));
            part["thoughtSignature"] = signed_part.signature;
            parts.push_back(std::move(part));
            at = signed_part.end;
        }
    }
    if (at < text.size() || parts.empty()) parts.push_back(text_part(text.substr(at)));
    return parts;
}

json::object content(Turn const& turn, std::string_view model)
{
    if (turn.role == Role::assistant) return {{"role", "model"}, {"parts", reply_parts(turn, model)}};
    return {{"role", "user"}, {"parts", json::array{text_part(turn.text)}}};
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

std::string gemini_body(ChatRequest const& request, Thoughts thoughts)
{
    json::array contents;
    for (auto const& turn : request.turns) contents.push_back(content(turn, request.model));

    json::object body{{"contents", std::move(contents)}};
    if (!request.system.empty()) body["systemInstruction"] = {{"parts", json::array{text_part(request.system)}}};
    if (thoughts == Thoughts::ask) body["generationConfig"] = {{"thinkingConfig", {{"includeThoughts", true}}}};
    if (auto const token = decode_so_far(request.continuation).token; !token.empty()) body["continuationToken"] = token;
    return json::serialize(body);
}

Thoughts thoughts_for(std::string_view model)
{
    bool const old = contains(model, "gemini-1") || contains(model, "gemini-2.0");
    bool const other = contains(model, "image") || contains(model, "embedding") || contains(model, "nano");
    return contains(model, "gemini-") && !old && !other ? Thoughts::ask : Thoughts::leave;
}

std::string model_path(std::string_view model)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string path = contains(model, "/") ? "" : "models/";
    for (char const letter : model) {
        auto const byte = static_cast<unsigned char>(letter);
        bool const plain = std::isalnum(byte) != 0 || contains("-._~/", {&letter, 1});
        if (plain) {
            path += letter;
        } else {
            path += {'%', hex[byte >> 4], hex[byte & 15]};
        }
    }
    return path;
}

} // namespace pollux::ai
