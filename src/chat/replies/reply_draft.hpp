// What a reply has so far, from the model's events in to the end of the reply out. No I/O.
#pragma once

#include "ai/chat_model.hpp"
#include "base/literals.hpp"
#include "chat/replies/reply_store.hpp"

#include <optional>
#include <string>

namespace pollux::chat {

// A reply that grows beyond this (text and thoughts together) is cut there and ends with `length`.
constexpr std::size_t reply_bytes_max = 2_MiB;

class ReplyDraft {
public:
    // What the event added, to be passed on to readers; views into the draft. No event is believed: see ai/checked_event.hpp.
    struct News {
        std::string_view text;
        std::string_view thoughts;
        bool has_citations = false;
    };
    News take(ai::ModelEvent given);

    // How the last call ended; nullopt while it runs.
    using CallEnd = std::variant<ai::Finished, ai::Continues, ai::Failed>;
    std::optional<CallEnd> const& call_end() const { return call_end_; }

    // Another call goes on with the same reply: what it uses adds up.
    void continue_with_next_call();

    // Another attempt: everything from the beginning.
    void start_over();

    bool has_shown_anything() const { return !text_.empty() || !thoughts_.empty(); }
    bool has_text() const { return !text_.empty(); }
    std::string const& citations_json() const { return citations_json_; }

    ReplyEnd end_as(MessageStatus status, std::string model) const;

private:
    std::string_view grow(std::string& whole, std::string_view piece);

    std::string text_;
    std::string thoughts_;
    std::string citations_json_ = "[]";
    ai::Usage earlier_calls_;
    ai::Usage this_call_;
    std::optional<CallEnd> call_end_;
};

} // namespace pollux::chat
