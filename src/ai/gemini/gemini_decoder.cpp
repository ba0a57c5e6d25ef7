#include "ai/gemini/gemini_decoder.hpp"

#include "ai/gemini/gemini_error.hpp"
#include "ai/gemini/gemini_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace pollux::ai {

namespace json = boost::json;

namespace {

constexpr std::string_view prompt_blocked = "BLOCKED";
constexpr std::size_t parse_buffer_bytes = 4096;
constexpr std::size_t places_max = 1000;

// LANGUAGE: the model does not speak it, which another call would not change. All others that are not named here fail the call:
// OTHER and what Google may invent, calls of tools that we do not offer, answers that the service could not put together.
constexpr auto blocking_reasons =
    std::to_array<std::string_view>({prompt_blocked, "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE",
                                     "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"});

bool blocks(std::string_view reason)
{
    return std::ranges::find(blocking_reasons, reason) != blocking_reasons.end();
}

// Bytes at the end that begin a character and do not complete it.
std::size_t open_character_bytes(std::string_view bytes)
{
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
        auto const byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        std::size_t const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

// `tail` and `piece` joined, up to the last whole character; the rest becomes the tail. NUL is dropped: no database keeps it.
// Nothing when it is no UTF-8.
std::optional<std::string> whole_characters(std::string& tail, std::string_view piece)
{
    auto text = std::exchange(tail, {});
    text += piece;
    std::erase(text, '\0');
    auto const open = open_character_bytes(text);
    tail = text.substr(text.size() - open);
    text.resize(text.size() - open);
    if (!is_utf8(text)) return std::nullopt;
    return text;
}

bool same(std::vector<Citation> const& left, std::vector<Citation> const& right)
{
    return std::ranges::equal(left, right, [](auto const& one, auto const& other) {
        return one.url == other.url && one.title == other.title && one.start == other.start && one.end == other.end;
    });
}

} // namespace

GeminiDecoder::GeminiDecoder(std::string model, ReplySoFar so_far, Limits limits)
    : model_(std::move(model)), so_far_(std::move(so_far)), limits_(limits)
{}

void GeminiDecoder::feed(std::string_view bytes)
{
    if (over_) return;
    std::vector<net::SseEvent> events;
    bool const readable = parser_.feed(bytes, events);
    for (auto const& event : events) take_answer(event.data);
    if (!readable) fail_transient("the stream holds a line that is too long");
}

void GeminiDecoder::end(std::string_view why_cut)
{
    if (over_) return;
    at_end_ = true;
    if (auto last = parser_.take_unfinished()) take_answer(last->data);
    take_stray_error();
    if (over_) return;
    if (!finish_.empty()) return conclude();
    if (!why_cut.empty()) return fail_transient("the stream was cut: " + std::string(why_cut));
    fail_transient(answered_ ? "the stream ended before the reply did" : "the answer was no stream of replies");
}

void GeminiDecoder::fail(Failed failure)
{
    if (over_) return;
    over_ = true;
    events_.push_back(std::move(failure));
}

std::optional<ModelEvent> GeminiDecoder::next()
{
    if (events_.empty()) return std::nullopt;
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void GeminiDecoder::take_answer(std::string_view data)
{
    if (over_ || data.empty() || data == "[DONE]") return;

    std::array<unsigned char, parse_buffer_bytes> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::parse_options options;
    options.allow_invalid_utf8 = true; // A character may be cut in two between answers; whole_characters() judges.
    boost::system::error_code failed;
    auto const parsed = json::parse(data, failed, &memory, options);
    if (failed) {
        // What a cut left of the last line is no garbage, and after a reason for the end only figures are lost.
        if (!at_end_ && finish_.empty()) fail_transient("the stream holds what is no JSON");
        return;
    }
    if (auto const* error = error_in(parsed)) return fail(read_error_object(*error, 200).failure);
    auto const* answer = parsed.if_object();
    if (!answer) return fail_transient("the stream holds what is no answer");
    answered_ = true;

    if (auto const* candidates = array_at(*answer, "candidates")) {
        for (auto const& candidate : *candidates) {
            auto const* object = candidate.if_object();
            if (object && number_at(*object, "index", 0) == 0) take_candidate(*object);
        }
    }
    if (auto const* usage = object_at(*answer, "usageMetadata")) take_usage(*usage);
    auto const* feedback = object_at(*answer, "promptFeedback");
    auto const reason = feedback ? text_at(*feedback, "blockReason") : std::string_view();
    if (!reason.empty() && reason != "BLOCK_REASON_UNSPECIFIED" && !blocks(finish_)) finish_ = prompt_blocked;
}

void GeminiDecoder::take_candidate(json::object const& candidate)
{
    auto const* content = object_at(candidate, "content");
    if (auto const* parts = content ? array_at(*content, "parts") : nullptr) {
        for (auto const& part : *parts) {
            if (over_) return;
            if (auto const* object = part.if_object()) take_part(*object);
        }
    }
    take_citations(candidate);
    if (auto const token = text_at(candidate, "continuationToken"); !token.empty()) token_ = token;
    auto const reason = text_at(candidate, "finishReason");
    if (!reason.empty() && reason != "FINISH_REASON_UNSPECIFIED" && !blocks(finish_)) finish_ = reason;
}

void GeminiDecoder::take_part(json::object const& part)
{
    auto const* thought = part.if_contains("thought");
    bool const is_thought = thought && thought->is_bool() && thought->get_bool();
    auto const piece = text_at(part, "text");
    auto const signature = text_at(part, "thoughtSignature");
    if (is_thought) {
        take_thought(piece);
    } else if (part.contains("text") || part.size() == (signature.empty() ? 0u : 1u)) {
        take_text(piece, signature);
    } else {
        begin_part(PartPlace::Kind::other); // Calls of tools, code, pictures: we ask for none.
    }
}

void GeminiDecoder::take_text(std::string_view piece, std::string_view signature)
{
    begin_part(PartPlace::Kind::text);
    auto const begin = so_far_.text_bytes + text_.size();
    auto text = whole_characters(text_tail_, piece);
    if (!text) return fail_transient("the stream holds what is no UTF-8");
    if (so_far_.text_bytes + text_.size() + text->size() > limits_.text_bytes_max)
        return fail_transient("the reply is larger than is taken");

    text_ += *text;
    if (!signature.empty()) signed_parts_.push_back({begin, so_far_.text_bytes + text_.size(), std::string(signature)});
    if (!text->empty()) events_.push_back(TextDelta{std::move(*text)});
}

void GeminiDecoder::take_thought(std::string_view piece)
{
    begin_part(PartPlace::Kind::thought);
    auto text = whole_characters(thought_tail_, piece);
    if (!text) return fail_transient("the stream holds what is no UTF-8");
    thought_bytes_ += text->size();
    if (thought_bytes_ > limits_.text_bytes_max) return fail_transient("the thoughts are larger than is taken");
    if (!text->empty()) events_.push_back(ThoughtDelta{std::move(*text)});
}

void GeminiDecoder::begin_part(PartPlace::Kind kind)
{
    bool const goes_on = !places_.empty() && places_.back().kind == kind && kind != PartPlace::Kind::other;
    if (!goes_on && places_.size() < places_max) places_.push_back({kind, text_.size()});
}

void GeminiDecoder::take_usage(json::object const& usage)
{
    auto const before = usage_;
    // What a later answer leaves out has not changed.
    if (usage.contains("promptTokenCount"))
        usage_.prompt_tokens = number_at(usage, "promptTokenCount", 0) + number_at(usage, "toolUsePromptTokenCount", 0);
    usage_.completion_tokens = number_at(usage, "candidatesTokenCount", usage_.completion_tokens);
    usage_.thought_tokens = number_at(usage, "thoughtsTokenCount", usage_.thought_tokens);
    bool const changed = before.prompt_tokens != usage_.prompt_tokens || before.completion_tokens != usage_.completion_tokens ||
                         before.thought_tokens != usage_.thought_tokens;
    if (changed && !over_) events_.push_back(UsageSoFar{usage_});
}

void GeminiDecoder::take_citations(json::object const& candidate)
{
    auto found = read_citations(candidate, text_, places_, so_far_.text_bytes);
    if (!found || over_) return;
    found->insert(found->begin(), so_far_.citations.begin(), so_far_.citations.end());
    if (same(*found, citations_)) return;
    citations_ = *found;
    events_.push_back(CitationsFound{std::move(*found)});
}

// A server that breaks down may write its error as bare JSON instead of an event, maybe on several lines, and then ends the stream.
void GeminiDecoder::take_stray_error()
{
    if (over_ || parser_.stray().empty()) return;
    boost::system::error_code failed;
    auto const parsed = json::parse(parser_.stray(), failed);
    auto const* error = failed ? nullptr : error_in(parsed);
    if (error) fail(read_error_object(*error, 200).failure);
}

void GeminiDecoder::conclude()
{
    bool const has_text = so_far_.text_bytes > 0 || !trim(text_).empty();
    auto parts = std::move(so_far_.parts);
    parts.insert(parts.end(), std::make_move_iterator(signed_parts_.begin()), std::make_move_iterator(signed_parts_.end()));

    if (!text_tail_.empty() && !blocks(finish_)) return fail_transient("the reply ended inside a character");
    if (finish_ == "CONTINUATION") {
        if (token_.empty()) return fail_transient("the reply is to be continued, but no token came");
        ReplySoFar const so_far{std::move(token_), so_far_.text_bytes + text_.size(), std::move(parts),
                                citations_.empty() ? so_far_.citations : citations_};
        over_ = true;
        events_.push_back(Continues{encode_so_far(so_far)});
        return;
    }
    Finished finished;
    finished.provider_state = encode_state({model_, std::move(parts)});
    if (blocks(finish_)) {
        finished.reason = FinishReason::blocked;
    } else if (finish_ == "STOP") {
        if (!has_text) return fail_transient("the reply is empty");
    } else if (finish_ == "MAX_TOKENS") {
        if (!has_text) return fail({Failed::Kind::permanent, {}, "all tokens were used up before the first word"});
        finished.reason = FinishReason::length;
    } else {
        bool const word = finish_.size() < 50 &&
                          std::ranges::all_of(finish_, [](char letter) { return (letter >= 'A' && letter <= 'Z') || letter == '_'; });
        return fail_transient("the reply ended with " + (word ? finish_ : "an unknown reason"));
    }
    over_ = true;
    events_.push_back(std::move(finished));
}

void GeminiDecoder::fail_transient(std::string detail)
{
    fail({Failed::Kind::transient, {}, std::move(detail)});
}

} // namespace pollux::ai
