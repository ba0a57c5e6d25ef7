#include "gemini/reply.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pollux::sims {

namespace json = boost::json;

namespace {

constexpr auto known_fields = std::to_array<std::string_view>({"contents", "systemInstruction", "system_instruction", "generationConfig",
                                                               "generation_config", "safetySettings", "tools", "toolConfig",
                                                               "cachedContent", "serviceTier", "store", "labels", "continuationToken"});

std::string quoted(std::string_view text)
{
    return json::serialize(json::string(text));
}

std::string usage(Question const& question, std::string_view text, std::string_view thoughts)
{
    auto const prompt = count_tokens(question);
    auto const reply = count_tokens(text);
    auto const thought = count_tokens(thoughts);
    return R"("usageMetadata":{"promptTokenCount":)" + std::to_string(prompt) + R"(,"candidatesTokenCount":)" + std::to_string(reply) +
           (thought > 0 ? R"(,"thoughtsTokenCount":)" + std::to_string(thought) : "") + R"(,"totalTokenCount":)" +
           std::to_string(prompt + reply + thought) + R"(,"promptTokensDetails":[{"modality":"TEXT","tokenCount":)" +
           std::to_string(prompt) + "}]}";
}

std::string frame(std::string const& part, std::string const& after_content, std::string const& usage_text, std::string const& model)
{
    return R"({"candidates":[{"content":{"parts":[)" + part + R"(],"role":"model"})" + after_content + R"(,"index":0}],)" + usage_text +
           (usage_text.empty() ? "" : ",") + R"("modelVersion":)" + quoted(model) + R"(,"responseId":"c2ltdWxhdGVk"})";
}

// The first word of the text, as the place that a source is found for.
std::string sources(std::string_view text)
{
    auto const end = std::to_string(std::min(text.find(' '), text.size()));
    auto const word = quoted(text.substr(0, std::min(text.find(' '), text.size())));
    return R"(,"citationMetadata":{"citationSources":[{"endIndex":)" + end + R"(,"uri":"https://example.com/source","license":""}]})" +
           R"(,"groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://example.com/page","title":"example.com"}}],)" +
           R"("groundingSupports":[{"segment":{"endIndex":)" + end + R"(,"text":)" + word +
           R"(},"groundingChunkIndices":[0],"confidenceScores":[0.9]}]})";
}

std::string ending(Plan const& plan, std::string_view text, ReplyShape const& shape)
{
    std::string fields = plan.citations ? sources(text) : std::string();
    if (!shape.token.empty()) return fields + R"(,"finishReason":"CONTINUATION","continuationToken":)" + quoted(shape.token);
    if (!plan.finish.empty()) fields += R"(,"finishReason":)" + quoted(plan.finish);
    return fields;
}

std::string text_part(std::string_view piece, bool is_signed)
{
    return R"({"text":)" + quoted(piece) + (is_signed ? R"(,"thoughtSignature":"c2lnbmVk)" + std::to_string(piece.size()) + "\"" : "") +
           "}";
}

std::string_view usual_word(int status)
{
    switch (status) {
    case 400: return "INVALID_ARGUMENT";
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 429: return "RESOURCE_EXHAUSTED";
    case 499: return "CANCELLED";
    case 503: return "UNAVAILABLE";
    case 504: return "DEADLINE_EXCEEDED";
    default: return status >= 500 ? "INTERNAL" : "UNKNOWN";
    }
}

} // namespace

GeminiQuestion read_question(std::string const& body)
{
    boost::system::error_code failed;
    auto const value = json::parse(body, failed);
    if (failed || !value.is_object()) throw std::invalid_argument("Invalid JSON payload received.");
    for (auto const& field : value.get_object()) {
        if (std::ranges::find(known_fields, std::string_view(field.key())) == known_fields.end()) {
            throw std::invalid_argument("Invalid JSON payload received. Unknown name \"" + std::string(field.key()) +
                                        "\": Cannot find field.");
        }
    }
    boost::system::error_code none;
    auto const* contents = value.find_pointer("/contents", none);
    if (!contents || !contents->is_array() || contents->get_array().empty()) {
        throw std::invalid_argument("* GenerateContentRequest.contents: contents is not specified");
    }
    GeminiQuestion question;
    for (auto const& content : contents->get_array()) {
        auto const* role = content.find_pointer("/role", none);
        std::string const name = role && role->is_string() ? std::string(role->get_string()) : "user";
        if (name != "user" && name != "model") throw std::invalid_argument("Please use a valid role: user, model.");
        auto const where = "GenerateContentRequest.contents[" + std::to_string(question.turns.size()) + "]";
        auto parts = read_parts(content, where);
        question.turns.push_back({name, std::move(parts.text), std::move(parts.files)});
    }
    for (auto const* pointer : {"/systemInstruction", "/system_instruction"}) {
        if (auto const* system = value.find_pointer(pointer, none)) question.system = read_parts(*system, "system_instruction").text;
    }
    if (auto const* token = value.find_pointer("/continuationToken", none); token && token->is_string())
        question.continuation_token = token->get_string();
    auto const* thoughts = value.find_pointer("/generationConfig/thinkingConfig/includeThoughts", none);
    question.asks_for_thoughts = thoughts && thoughts->is_bool() && thoughts->get_bool();
    return question;
}

ReplyChunks::ReplyChunks(Plan const& plan, Question const& question, std::string const& text, ReplyShape const& shape)
    : plan_(plan), question_(question), text_(text), shape_(shape), pieces_(chunks_of(text, plan))
{
    if (!plan.thoughts.empty() && question.asks_for_thoughts) thoughts_ = cut_text(plan.thoughts, 40);
}

std::string ReplyChunks::json(std::size_t index) const
{
    if (index < thoughts_.size()) {
        auto const piece = thoughts_[index];
        return frame(R"({"text":)" + quoted(piece) + R"(,"thought":true})", "", plan_.usage ? usage(question_, "", piece) : "",
                     shape_.model);
    }
    index -= thoughts_.size();
    bool const last = index + 1 == pieces_.size();
    auto const part = text_part(plan_.stamps > 0 ? stamp() : pieces_[index], last && plan_.signature);
    auto const usage_text = plan_.usage && last ? usage(question_, text_, thoughts_.empty() ? "" : plan_.thoughts) : std::string();
    return frame(part, last ? ending(plan_, text_, shape_) : "", usage_text, shape_.model);
}

std::string whole_answer(Plan const& plan, Question const& question, std::string const& text, ReplyShape const& shape)
{
    auto const usage_text = plan.usage ? usage(question, text, "") : std::string();
    return frame(text_part(text, plan.signature), ending(plan, text, shape), usage_text, shape.model);
}

std::string blocked_answer(Plan const& plan, ReplyShape const& shape)
{
    return R"({"promptFeedback":{"blockReason":)" + quoted(plan.block_reason) +
           R"(,"safetyRatings":[{"category":"HARM_CATEGORY_DANGEROUS_CONTENT","probability":"HIGH"}]},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":)" +
           quoted(shape.model) + "}";
}

std::string error_answer(Plan const& plan, int status)
{
    json::array details;
    if (!plan.reason.empty()) {
        details.push_back({{"@type", "type.googleapis.com/google.rpc.ErrorInfo"}, {"reason", plan.reason}, {"domain", "googleapis.com"}});
    }
    if (!plan.quota_id.empty()) {
        json::array violations{json::object{{"quotaMetric", "generativelanguage.googleapis.com/generate_content_free_tier_requests"},
                                            {"quotaId", plan.quota_id},
                                            {"quotaValue", "10"}}};
        details.push_back({{"@type", "type.googleapis.com/google.rpc.QuotaFailure"}, {"violations", std::move(violations)}});
    }
    if (!plan.retry_delay.empty())
        details.push_back({{"@type", "type.googleapis.com/google.rpc.RetryInfo"}, {"retryDelay", plan.retry_delay}});

    auto const word = plan.error_status.empty() ? usual_word(status) : std::string_view(plan.error_status);
    json::object error{{"code", status}, {"message", plan.message.empty() ? "simulated" : plan.message}, {"status", word}};
    if (!details.empty()) error["details"] = std::move(details);
    return json::serialize(json::object{{"error", std::move(error)}});
}

} // namespace pollux::sims
