#include "ai/gemini/gemini_decoder.hpp"

#include "ai/checked_event.hpp"
#include "ai/gemini/gemini_error.hpp"
#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::ai {

namespace json = boost::json;

namespace {

constexpr std::string_view prompt_blocked = "BLOCKED";
constexpr std::string_view too_large = "TOO_LARGE";
constexpr std::size_t parse_buffer_bytes = 4096;
constexpr std::size_t places_max = 1000;

// LANGUAGE: the model does not speak it, which another call would not change. All others that are not named here (OTHER and what Google
// may invent, calls of tools that we do not offer) end a reply that has text, and fail one that has none.
constexpr auto blocking_reasons =
    std::to_array<std::string_view>({prompt_blocked, "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE",
                                     "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"});

bool blocks(std::string_view reason)
{
    return std::ranges::find(blocking_reasons, reason) != blocking_reasons.end();
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
    if (!readable) end_too_large();
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

void GeminiDecoder::end_too_large()
{
    if (over_) return;
    finish_ = too_large;
    conclude();
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
    options.allow_invalid_utf8 = true; // A character may be cut in two between answers; PieceJoiner mends it.
    boost::system::error_code failed;
    auto parsed = json::parse(data, failed, &memory, options);
    if (failed) parsed = json::parse(surrogates_as_bytes(data), failed, &memory, options);
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
    if (auto const token = text_at(candidate, "continuationToken"); is_utf8(token) && !token.empty()) token_ = token;
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
        has_other_parts_ = true;
    }
}

void GeminiDecoder::take_text(std::string_view piece, std::string_view signature)
{
    begin_part(PartPlace::Kind::text);
    auto const begin = so_far_.text_bytes + text_.size();
    add_text(text_joiner_.add(piece));
    if (over_) return;
    bool const is_signed = !signature.empty() && is_utf8(signature) && signature.find('\0') == std::string_view::npos;
    if (is_signed) signed_parts_.push_back({begin, so_far_.text_bytes + text_.size(), std::string(signature)});
}

// A text that is over the limit ends there, as if the model's tokens had been used up.
void GeminiDecoder::add_text(std::string text)
{
    auto room = limits_.text_bytes_max - std::min(limits_.text_bytes_max, so_far_.text_bytes + text_.size());
    bool const is_full = text.size() > room;
    while (is_full && !is_character_border(text, room)) --room;
    if (is_full) text.resize(room);
    text_ += text;
    if (!text.empty()) events_.push_back(TextDelta{std::move(text)});
    if (!is_full) return;
    finish_ = "MAX_TOKENS";
    conclude();
}

void GeminiDecoder::take_thought(std::string_view piece)
{
    begin_part(PartPlace::Kind::thought);
    auto text = thought_joiner_.add(piece);
    if (thought_bytes_ + text.size() > limits_.text_bytes_max) text.clear();
    thought_bytes_ += text.size();
    if (!text.empty()) events_.push_back(ThoughtDelta{std::move(text)});
}

void GeminiDecoder::begin_part(PartPlace::Kind kind)
{
    bool const goes_on = !places_.empty() && places_.back().kind == kind && kind != PartPlace::Kind::other;
    if (!goes_on && places_.size() < places_max) places_.push_back({kind, text_.size()});
}

void GeminiDecoder::take_usage(json::object const& usage)
{
    auto const before = usage_;
    auto const tokens = [&usage](std::string_view name, std::int64_t otherwise) {
        return checked_tokens(number_at(usage, name, otherwise));
    };
    // What a later answer leaves out has not changed.
    if (usage.contains("promptTokenCount")) usage_.prompt_tokens = tokens("promptTokenCount", 0) + tokens("toolUsePromptTokenCount", 0);
    usage_.completion_tokens = tokens("candidatesTokenCount", usage_.completion_tokens);
    usage_.thought_tokens = tokens("thoughtsTokenCount", usage_.thought_tokens);
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
    if (auto rest = text_joiner_.end(); !rest.empty() && finish_ != "MAX_TOKENS") add_text(std::move(rest));
    if (over_) return;
    bool const has_text = so_far_.text_bytes > 0 || !trim(text_).empty();
    auto parts = std::exchange(so_far_.parts, {});
    parts.insert(parts.end(), std::make_move_iterator(signed_parts_.begin()), std::make_move_iterator(signed_parts_.end()));

    if (finish_ == "CONTINUATION" && !token_.empty()) {
        ReplySoFar const so_far{std::move(token_), so_far_.text_bytes + text_.size(), std::move(parts),
                                citations_.empty() ? so_far_.citations : citations_};
        over_ = true;
        events_.push_back(Continues{encode_so_far(so_far)});
        return;
    }
    if (finish_ == "CONTINUATION") return fail_transient("the reply is to be continued, but no token came");
    bool const is_blocked = blocks(finish_);
    if (!has_text && !is_blocked) return fail_without_text();
    Finished finished;
    finished.provider_state = encode_state({model_, std::move(parts)});
    finished.reason = is_blocked                ? FinishReason::blocked
                      : finish_ == "STOP"       ? FinishReason::stop
                      : finish_ == "MAX_TOKENS" ? FinishReason::length
                                                : FinishReason::other;
    over_ = true;
    events_.push_back(std::move(finished));
}

// An empty answer happens now and then, and the next call may well have text. Whatever else ended without text would do so again.
void GeminiDecoder::fail_without_text()
{
    if (finish_ == "STOP" && !has_other_parts_) return fail_transient("the reply is empty");
    if (finish_ == too_large) return fail({Failed::Kind::permanent, {}, "an event is larger than is taken", Failed::Reason::too_large});
    bool const is_word =
        finish_.size() < 50 && std::ranges::all_of(finish_, [](char letter) { return (letter >= 'A' && letter <= 'Z') || letter == '_'; });
    std::string detail = "the reply ended without text, with " + (is_word ? finish_ : "an unknown reason");
    if (has_other_parts_) detail += ", and holds what we did not ask for";
    fail({Failed::Kind::permanent, {}, std::move(detail), Failed::Reason::without_text});
}

void GeminiDecoder::fail_transient(std::string detail)
{
    fail({Failed::Kind::transient, {}, std::move(detail)});
}

} // namespace pollux::ai
