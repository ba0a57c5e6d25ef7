#include "gemini/reply.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
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

std::uint64_t digest(Question const& question)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a.
    auto const add = [&hash](std::string_view text) {
        for (char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    };
    for (auto const& turn : question.turns) {
        add(turn.role);
        add(":");
        add(turn.text);
        for (auto const& file : turn.files) add(file.mime_type + " " + file.uri + " " + std::to_string(file.bytes));
        add("\n");
    }
    return hash;
}

// A line for each file of the last turn, so that a test sees that it arrived.
std::string echo_of_files(Question const& question)
{
    std::string lines;
    for (auto const& file : question.turns.back().files)
        lines += "\n> " + file.mime_type + " " + (file.uri.empty() ? std::to_string(file.bytes) + " bytes" : file.uri);
    return lines;
}

constexpr std::size_t stamp_characters = 17;

// Microseconds since 1970: the clock that all processes of a machine share.
std::string stamp()
{
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + " ";
}

bool continues_character(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Pieces of about `characters` characters.
std::vector<std::string_view> cut(std::string_view text, std::size_t characters)
{
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = begin;
        for (std::size_t count = 0; end < text.size() && count < characters; ++count) {
            ++end;
            while (end < text.size() && continues_character(text[end])) ++end;
        }
        pieces.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    if (pieces.empty()) pieces.emplace_back();
    return pieces;
}

std::vector<std::string_view> cut_by_plan(std::string_view text, Plan const& plan)
{
    auto const characters = static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
    if (plan.stamps > 0) return cut(text, stamp_characters);
    if (plan.chunks > 0) {
        auto const wanted = static_cast<std::size_t>(plan.chunks);
        return cut(text, std::max<std::size_t>(1, (characters + wanted - 1) / wanted));
    }
    if (plan.chunk_characters > 0) return cut(text, static_cast<std::size_t>(plan.chunk_characters));
    return cut(text, std::max<std::size_t>(24, (characters + 9) / 10));
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

std::string_view Question::last_user_text() const
{
    for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
        if (turn->role == "user") return turn->text;
    }
    return {};
}

Question read_question(std::string const& body)
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
    Question question;
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

std::string echo(Question const& question)
{
    char number[17];
    std::snprintf(number, sizeof number, "%016llx", static_cast<unsigned long long>(digest(question)));
    return "**Echo** of turn " + std::to_string(question.turns.size()) + " (digest " + number + ")\n\n> " +
           std::string(question.last_user_text()) + echo_of_files(question) +
           "\n\n- system: " + (question.system.empty() ? "none" : std::to_string(question.system.size()) + " bytes") +
           "\n- end of the echo\n";
}

std::string reply_text(Plan const& plan, Question const& question)
{
    if (plan.stamps > 0) return std::string(static_cast<std::size_t>(plan.stamps) * stamp_characters, '0');
    auto text = plan.text.empty() ? echo(question) : plan.text;
    if (plan.text_bytes == 0) return text;
    auto const once = text;
    text.reserve(plan.text_bytes + once.size());
    while (text.size() < plan.text_bytes) text += once;
    return text;
}

ReplyChunks::ReplyChunks(Plan const& plan, Question const& question, std::string const& text, ReplyShape const& shape)
    : plan_(plan), question_(question), text_(text), shape_(shape), pieces_(cut_by_plan(text, plan))
{
    if (!plan.thoughts.empty() && question.asks_for_thoughts) thoughts_ = cut(plan.thoughts, 40);
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

std::int64_t count_tokens(Question const& question)
{
    constexpr std::int64_t tokens_of_a_file = 258; // A small picture, or a page.
    std::int64_t sum = count_tokens(question.system);
    for (auto const& turn : question.turns)
        sum += count_tokens(turn.text) + tokens_of_a_file * static_cast<std::int64_t>(turn.files.size());
    return sum;
}

std::int64_t count_tokens(std::string_view text)
{
    return static_cast<std::int64_t>((text.size() + 3) / 4);
}

} // namespace pollux::sims
