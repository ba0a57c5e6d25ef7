#include "ai/openai/openai_decoder.hpp"

#include "ai/checked_event.hpp"
#include "ai/tokens.hpp"
#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace pollux::ai {

namespace json = boost::json;

namespace {

constexpr std::string_view too_large = "too_large";
constexpr std::string_view full = "length"; // Ours, where the text is as long as is taken, and the servers'.
constexpr std::size_t parse_buffer_bytes = 4096;
constexpr std::size_t word_bytes_max = 50;

std::optional<json::value> parsed(std::string_view data, json::storage_ptr memory)
{
    json::parse_options options;
    options.allow_invalid_utf8 = true; // A character may be cut in two between chunks; PieceJoiner mends it.
    boost::system::error_code failed;
    auto value = json::parse(data, failed, memory, options);
    if (failed) value = json::parse(surrogates_as_bytes(data), failed, memory, options);
    if (failed) return std::nullopt;
    return value;
}

FinishReason reason_of(std::string_view finish)
{
    if (finish == "stop") return FinishReason::stop;
    if (finish == full) return FinishReason::length;
    if (finish == "content_filter") return FinishReason::blocked;
    return FinishReason::other; // tool_calls, though we offer no tools, and what servers invent.
}

} // namespace

OpenAiDecoder::OpenAiDecoder(std::int64_t prompt_tokens, Limits limits) : limits_(limits)
{
    usage_.prompt_tokens = prompt_tokens;
    usage_.is_estimated = true;
}

void OpenAiDecoder::feed(std::string_view bytes)
{
    if (over_) return;
    std::vector<net::SseEvent> events;
    bool const readable = parser_.feed(bytes, events);
    for (auto const& event : events) take_event(event);
    if (!readable) end_too_large();
}

void OpenAiDecoder::end(std::string_view why_cut)
{
    if (over_) return;
    at_end_ = true;
    if (auto last = parser_.take_unfinished()) take_event(*last);
    take_stray();
    if (over_) return;
    if (!finish_.empty()) return conclude();
    if (!why_cut.empty()) return fail_transient("the stream was cut: " + std::string(why_cut));
    fail_transient(answered_ ? "the stream ended before the reply did" : "the answer was no stream of replies");
}

void OpenAiDecoder::end_too_large()
{
    if (over_) return;
    finish_ = too_large;
    conclude();
}

void OpenAiDecoder::fail(Failed failure)
{
    if (over_) return;
    over_ = true;
    events_.push_back(std::move(failure));
}

std::optional<ModelEvent> OpenAiDecoder::next()
{
    if (events_.empty()) return std::nullopt;
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void OpenAiDecoder::take_event(net::SseEvent const& event)
{
    if (over_ || event.data.empty()) return;
    if (event.data == "[DONE]") {
        // Without a reason for the end it is half a reply, whatever the server thinks.
        if (finish_.empty()) return fail_transient("the stream ended before the reply did");
        return conclude();
    }
    std::array<unsigned char, parse_buffer_bytes> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    auto const value = parsed(event.data, &memory);
    if (!value) {
        // What a cut left of the last line is no garbage, and after a reason for the end only figures are lost.
        if (!at_end_ && finish_.empty()) fail_transient("the stream holds what is no JSON");
        return;
    }
    if (auto error = openai_error_in(*value)) return fail_in_stream(std::move(error->failure));
    if (event.type == "error") return fail_in_stream({Failed::Kind::transient, {}, "the stream holds an error"});
    auto const* chunk = value->if_object();
    if (!chunk) return fail_in_stream({Failed::Kind::transient, {}, "the stream holds what is no answer"});
    take_chunk(*chunk);
}

void OpenAiDecoder::take_chunk(json::object const& chunk)
{
    answered_ = true;
    if (auto const* choices = array_at(chunk, "choices")) {
        for (auto const& choice : *choices) {
            auto const* object = choice.if_object();
            if (object && number_at(*object, "index", 0) == 0) take_choice(*object);
        }
    }
    if (auto const* usage = object_at(chunk, "usage")) take_usage(*usage);
}

void OpenAiDecoder::take_choice(json::object const& choice)
{
    auto const* said = object_at(choice, "delta");
    if (!said) said = object_at(choice, "message"); // Of a server that does not stream.
    if (said) {
        auto const thought = text_at(*said, "reasoning_content");
        take_thought(thought.empty() ? text_at(*said, "reasoning") : thought); // A server in between sends the same under both names.
        if (auto const* content = said->if_contains("content")) take_content(*content);
        if (auto const refusal = text_at(*said, "refusal"); !refusal.empty()) {
            has_refusal_ = true;
            take_text(refusal);
        }
        auto const* calls = array_at(*said, "tool_calls");
        if ((calls && !calls->empty()) || object_at(*said, "function_call")) has_other_parts_ = true; // We offer no tools.
    }
    auto const reason = text_at(choice, "finish_reason");
    if (over_ || reason.empty()) return;
    if (reason == "error") { // OpenRouter's, where its provider broke off.
        return fail_in_stream({Failed::Kind::transient, {}, "the reply ended with an error"});
    }
    if (finish_ != "content_filter") finish_ = reason;
}

// A text, or a list of parts that hold some.
void OpenAiDecoder::take_content(json::value const& content)
{
    if (auto const* text = content.if_string()) return take_text(std::string_view(text->data(), text->size()));
    auto const* parts = content.if_array();
    if (!parts) return;
    for (auto const& part : *parts) {
        auto const* object = part.if_object();
        if (object && object->contains("text")) {
            take_text(text_at(*object, "text"));
        } else {
            has_other_parts_ = true;
        }
    }
}

void OpenAiDecoder::take_text(std::string_view piece)
{
    if (!over_ && !piece.empty()) add_text(text_joiner_.add(piece));
}

// A text that is over the limit ends there, as if the model's tokens had been used up.
void OpenAiDecoder::add_text(std::string text)
{
    auto room = limits_.text_bytes_max - std::min(limits_.text_bytes_max, text_bytes_);
    bool const is_full = text.size() > room;
    while (is_full && !is_character_border(text, room)) --room;
    if (is_full) text.resize(room);
    text_bytes_ += text.size();
    has_words_ = has_words_ || !trim(text).empty();
    estimate_usage(text, &Usage::completion_tokens);
    if (!text.empty()) events_.push_back(TextDelta{std::move(text)});
    if (!is_full) return;
    finish_ = full;
    conclude();
}

void OpenAiDecoder::take_thought(std::string_view piece)
{
    if (over_ || piece.empty()) return;
    auto text = thought_joiner_.add(piece);
    if (thought_bytes_ + text.size() > limits_.text_bytes_max) text.clear();
    thought_bytes_ += text.size();
    estimate_usage(text, &Usage::thought_tokens);
    if (!text.empty()) events_.push_back(ThoughtDelta{std::move(text)});
}

// As long as the server has said nothing: so a reply that is stopped has its figures too. Rounded up with each piece, as estimates are.
void OpenAiDecoder::estimate_usage(std::string_view text, std::int64_t Usage::* kind)
{
    if (!usage_.is_estimated || text.empty()) return;
    usage_.*kind += estimate_tokens(text);
    events_.push_back(UsageSoFar{usage_});
}

// The last figures count: some servers send them with each chunk. None for a reply that has text are no figures.
void OpenAiDecoder::take_usage(json::object const& usage)
{
    auto const all_completion = checked_tokens(number_at(usage, "completion_tokens", 0));
    if (over_ || (all_completion == 0 && text_bytes_ > 0)) return;
    auto const* details = object_at(usage, "completion_tokens_details");
    auto const thoughts = details ? checked_tokens(number_at(*details, "reasoning_tokens", 0)) : 0;
    Usage told;
    told.prompt_tokens = checked_tokens(number_at(usage, "prompt_tokens", 0));
    told.thought_tokens = std::min(thoughts, all_completion); // They are counted among the others.
    told.completion_tokens = all_completion - told.thought_tokens;
    if (told == usage_) return;
    usage_ = told;
    events_.push_back(UsageSoFar{usage_});
}

// What came instead of events: an error as bare JSON, or the whole answer of a server that does not stream.
void OpenAiDecoder::take_stray()
{
    if (over_ || parser_.stray().empty()) return;
    auto const value = parsed(parser_.stray(), {});
    if (!value) return;
    if (auto error = openai_error_in(*value)) return fail_in_stream(std::move(error->failure));
    auto const* chunk = value->if_object();
    if (chunk && !answered_) take_chunk(*chunk);
}

void OpenAiDecoder::conclude()
{
    if (auto rest = text_joiner_.end(); !rest.empty() && finish_ != full) add_text(std::move(rest));
    if (over_) return;
    auto reason = reason_of(finish_);
    if (has_refusal_) reason = FinishReason::blocked;
    if (!has_words_ && reason != FinishReason::blocked) return fail_without_text();
    over_ = true;
    events_.push_back(Finished{reason, {}});
}

// An empty answer happens now and then, and the next call may well have text. Whatever else ended without text would do so again.
void OpenAiDecoder::fail_without_text()
{
    if (finish_ == "stop" && !has_other_parts_) return fail_transient("the reply is empty");
    if (finish_ == too_large) return fail({Failed::Kind::permanent, {}, "an event is larger than is taken", Failed::Reason::too_large});
    bool const is_word = finish_.size() < word_bytes_max &&
                         std::ranges::all_of(finish_, [](char letter) { return (letter >= 'a' && letter <= 'z') || letter == '_'; });
    std::string detail = "the reply ended without text, with " + (is_word ? finish_ : "an unknown reason");
    if (has_other_parts_) detail += ", and holds what we did not ask for";
    fail({Failed::Kind::permanent, {}, std::move(detail), Failed::Reason::without_text});
}

// The text is whole once it has a reason for its end: what fails then is the figures.
void OpenAiDecoder::fail_in_stream(Failed failure)
{
    bool const is_whole = !finish_.empty() && has_words_;
    if (is_whole) return conclude();
    fail(std::move(failure));
}

void OpenAiDecoder::fail_transient(std::string detail)
{
    fail({Failed::Kind::transient, {}, std::move(detail)});
}

} // namespace pollux::ai
