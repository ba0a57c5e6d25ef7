// The answer of streamGenerateContent?alt=sse, read: bytes in, events out, no I/O. Bears any bytes in any cut. Text comes out in whole
// UTF-8 characters; what is none comes out as U+FFFD. After the first of Finished, Continues or Failed nothing comes any more.
#pragma once

#include "ai/chat_model.hpp"
#include "ai/gemini/gemini_citations.hpp"
#include "ai/gemini/gemini_state.hpp"
#include "ai/piece_joiner.hpp"
#include "net/sse_parser.hpp"

#include <deque>

namespace pollux::ai {

class GeminiDecoder {
public:
    struct Limits {
        std::size_t text_bytes_max = 1024 * 1024; // Of the text, which ends there, and of the thoughts, whose rest is dropped.
    };

    // `so_far`: what ReplySoFar the call goes on from; empty for a new reply.
    GeminiDecoder(std::string model, ReplySoFar so_far) : GeminiDecoder(std::move(model), std::move(so_far), Limits{}) {}
    GeminiDecoder(std::string model, ReplySoFar so_far, Limits limits);

    void feed(std::string_view bytes);
    void end(std::string_view why_cut); // The bytes are over; `why_cut` is empty when they ended as they should.
    void end_too_large();               // There is more than is taken.
    void fail(Failed failure);          // The call failed elsewhere; holds unless the reply was over before.

    std::optional<ModelEvent> next();

    // A reason for the end has come: only the rest of the stream can follow.
    bool is_ending() const { return !finish_.empty(); }

private:
    void take_answer(std::string_view data);
    void take_candidate(boost::json::object const& candidate);
    void take_part(boost::json::object const& part);
    void take_text(std::string_view piece, std::string_view signature);
    void add_text(std::string text);
    void take_thought(std::string_view piece);
    void take_usage(boost::json::object const& usage);
    void take_citations(boost::json::object const& candidate);
    void take_stray_error();
    void begin_part(PartPlace::Kind kind);
    void conclude();
    void fail_without_text();
    void fail_transient(std::string detail);

    std::string model_;
    ReplySoFar so_far_;
    Limits limits_;
    net::SseParser parser_;
    std::deque<ModelEvent> events_;

    std::string text_; // Of this call.
    PieceJoiner text_joiner_;
    PieceJoiner thought_joiner_;
    std::size_t thought_bytes_ = 0;
    std::vector<PartPlace> places_;
    std::vector<SignedPart> signed_parts_;
    std::vector<Citation> citations_;
    Usage usage_;
    std::string finish_; // The last finishReason, or BLOCKED for a block of the prompt.
    std::string token_;  // For CONTINUATION.
    bool has_other_parts_ = false;
    bool answered_ = false; // An answer could be read.
    bool at_end_ = false;   // No more bytes will come.
    bool over_ = false;     // The last event stands in events_ or was taken.
};

} // namespace pollux::ai
