// The events of a streamed reply, in the ways of its server.
#pragma once

#include "models/stream.hpp"
#include "openai/shapes.hpp"

namespace pollux::sims::openai {

// All references outlive it.
class ReplyChunks final : public StreamChunks {
public:
    ReplyChunks(Reply const& reply, Plan const& plan, ChatQuestion const& question, std::string const& text);

    std::size_t size() const override { return steps_.size(); }
    std::string bytes(std::size_t index) const override;
    Waiting waiting() const override;

private:
    enum class Kind { first, thought, text, refusal, tool_call, last, usage, done };
    struct Step {
        Kind kind;
        std::string_view piece = {};
    };

    json::object make(Step const& step, bool is_last_text) const;
    bool sends_usage() const;

    Reply const& reply_;
    Plan const& plan_;
    ChatQuestion const& question_;
    std::string const& text_;
    std::vector<Step> steps_;
    std::size_t last_text_ = 0; // The step that holds the last of the text.
};

StreamFault fault_of(Reply const& reply, Plan const& plan);

} // namespace pollux::sims::openai
