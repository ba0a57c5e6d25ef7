// The stream of an OpenAI-compatible server, read: bytes in, events out, no I/O. Bears any bytes in any cut, and what servers differ in:
// thoughts under two names, usage with each piece or never, no [DONE], an error in mid-stream, a whole answer where a stream was asked for.
// Text comes out in whole UTF-8 characters. After the first of Finished and Failed nothing comes any more.
#pragma once

#include "ai/chat_model.hpp"
#include "ai/openai/openai_error.hpp"
#include "ai/piece_joiner.hpp"
#include "net/sse_parser.hpp"

#include <deque>

namespace pollux::ai {

class OpenAiDecoder {
public:
    struct Limits {
        std::size_t text_bytes_max = 1024 * 1024; // Of the text, which ends there, and of the thoughts, whose rest is dropped.
    };

    // `prompt_tokens`: our estimate of what was asked, for servers that do not count.
    explicit OpenAiDecoder(std::int64_t prompt_tokens) : OpenAiDecoder(prompt_tokens, Limits{}) {}
    OpenAiDecoder(std::int64_t prompt_tokens, Limits limits);

    void feed(std::string_view bytes);
    void end(std::string_view why_cut); // The bytes are over; `why_cut` is empty when they ended as they should.
    void end_too_large();               // There is more than is taken.
    void fail(Failed failure);          // The call failed elsewhere; holds unless the reply was over before.

    std::optional<ModelEvent> next();

    // A reason for the end has come: only the figures can follow.
    bool is_ending() const { return !finish_.empty(); }

    // Text or thoughts.
    bool has_said_anything() const { return text_bytes_ + thought_bytes_ > 0; }

private:
    void take_event(net::SseEvent const& event);
    void take_chunk(boost::json::object const& chunk);
    void take_choice(boost::json::object const& choice);
    void take_content(boost::json::value const& content);
    void take_text(std::string_view piece);
    void add_text(std::string text);
    void take_thought(std::string_view piece);
    void take_usage(boost::json::object const& usage);
    void estimate_usage(std::string_view text, std::int64_t Usage::* kind);
    void take_stray();
    void conclude();
    void fail_without_text();
    void fail_in_stream(Failed failure);
    void fail_transient(std::string detail);

    Limits limits_;
    net::SseParser parser_;
    std::deque<ModelEvent> events_;

    PieceJoiner text_joiner_;
    PieceJoiner thought_joiner_;
    std::size_t text_bytes_ = 0;
    std::size_t thought_bytes_ = 0;
    Usage usage_;
    std::string finish_;
    bool has_words_ = false; // Text that is more than white space.
    bool has_refusal_ = false;
    bool has_other_parts_ = false;
    bool answered_ = false; // A chunk could be read.
    bool at_end_ = false;   // No more bytes will come.
    bool over_ = false;     // The last event stands in events_ or was taken.
};

} // namespace pollux::ai
