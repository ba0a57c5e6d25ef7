// What the Gemini simulator says: requests checked as Google does, replies cut into the JSON of stream chunks, errors.
#pragma once

#include "gemini/parts.hpp"
#include "gemini/plan.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace pollux::sims {

struct GeminiQuestion : Question {
    std::string continuation_token;
};

// Throws std::invalid_argument with Google's message for what Google refuses with 400.
GeminiQuestion read_question(std::string const& body);

struct ReplyShape {
    std::string model;
    std::string token; // When set, the reply goes on in another call: finishReason CONTINUATION.
};

// The chunks of a reply; the last one holds the finishReason. Each is made when it is asked for, so that a large reply costs its text
// and no more. All references outlive it.
class ReplyChunks {
public:
    ReplyChunks(Plan const& plan, Question const& question, std::string const& text, ReplyShape const& shape);

    std::size_t size() const { return thoughts_.size() + pieces_.size(); }
    std::string json(std::size_t index) const;

private:
    Plan const& plan_;
    Question const& question_;
    std::string const& text_;
    ReplyShape const& shape_;
    std::vector<std::string_view> thoughts_;
    std::vector<std::string_view> pieces_;
};

// One answer with all of it, as generateContent gives.
std::string whole_answer(Plan const& plan, Question const& question, std::string const& text, ReplyShape const& shape);

std::string blocked_answer(Plan const& plan, ReplyShape const& shape);

// {"error": {...}} with the details that the plan asks for.
std::string error_answer(Plan const& plan, int status);

} // namespace pollux::sims
