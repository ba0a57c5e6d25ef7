#include "cli/chat/reply_view.hpp"

#include "cli/chat/json_value.hpp"

namespace pollux::cli {

namespace {

// The wait for one's turn is short as a rule, and is not worth a line.
std::string waiting_words(std::string_view reason)
{
    if (reason == "model_unavailable") return "The model does not answer just now; your reply waits for it.";
    if (reason == "rate_limited") return "The model is asked too often just now; your reply waits for its turn.";
    return {};
}

} // namespace

ReplyView::Shown ReplyView::take(net::SseEvent const& event)
{
    if (state_ != State::running) return {};
    Shown shown;
    if (event.type == "delta") {
        shown.text = text_in(parse_json(event.data), "text");
        text_ += shown.text;
    } else if (event.type == "restart") {
        shown.starts_anew = !text_.empty();
        text_.clear();
    } else if (event.type == "waiting") {
        shown.is_waiting = true;
        shown.notice = waiting_words(text_in(parse_json(event.data), "reason"));
    } else if (event.type == "done") {
        shown = finish(event.data, State::done);
    } else if (event.type == "error") {
        shown = finish(event.data, State::failed);
    }
    if (!event.id.empty()) last_event_id_ = event.id;
    return shown;
}

ReplyView::Shown ReplyView::finish(std::string const& data, State state)
{
    Shown shown;
    JsonValue const body = parse_json(data);
    JsonValue const& message = value_in(body, "message");
    state_ = state;
    status_ = text_in(message, "status");
    std::string const detail = text_in(message, "error.detail");
    if (!detail.empty()) shown.notice = detail;
    if (detail.empty() && state == State::failed) shown.notice = "The reply failed.";
    if (status_ == "stopped") shown.notice = "Stopped.";
    if (text_in(message, "finish_reason") == "blocked") shown.notice = "The model declined to answer.";
    if (text_in(message, "finish_reason") == "length") shown.notice = "The reply reached its longest length.";

    // The stored reply is the truth: whatever the events lost is made up for.
    std::string const stored = text_in(message, "content");
    if (state == State::failed || stored == text_) return shown;
    shown.starts_anew = !stored.starts_with(text_);
    shown.text = shown.starts_anew ? stored : stored.substr(text_.size());
    text_ = stored;
    return shown;
}

} // namespace pollux::cli
