#include "chat/streams/reply_stream_state.hpp"

#include "base/text.hpp"
#include "chat/streams/reply_events.hpp"
#include "chat/streams/text_piece.hpp"
#include "http/event_stream.hpp"

#include <algorithm>

namespace pollux::chat {

namespace {

// A number as we write it: digits without leading zeros, so that an id has one spelling.
std::optional<std::int64_t> parse_plain_number(std::string_view text)
{
    bool const is_plain =
        !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos && (text[0] != '0' || text.size() == 1);
    return is_plain ? parse_integer(text) : std::nullopt;
}

// The text up to the next '-', which is taken off together with it.
std::string_view take_part(std::string_view& text)
{
    auto dash = std::min(text.find('-'), text.size());
    auto part = text.substr(0, dash);
    text.remove_prefix(std::min(dash + 1, text.size()));
    return part;
}

bool starts_inside_character(std::string_view text)
{
    return !text.empty() && !is_character_border(text, 0);
}

bool stands_at_border(std::string_view text, std::size_t offset)
{
    return offset <= text.size() && is_character_border(text, offset);
}

} // namespace

Error bad_event_id()
{
    return malformed("bad_event_id", "Last-Event-ID is not an id that this stream gives. Leave the header out to start anew.");
}

Result<EventId> parse_event_id(std::string_view text)
{
    auto dashes = std::count(text.begin(), text.end(), '-');
    if (dashes < 1 || dashes > 2 || text.ends_with('-')) return bad_event_id();

    auto attempt = parse_plain_number(take_part(text));
    if (!attempt) return bad_event_id();
    if (text == "end") return EventId{.attempt = *attempt, .is_end = true};

    auto text_bytes = parse_plain_number(take_part(text));
    auto thought_bytes = dashes == 2 ? parse_plain_number(take_part(text)) : 0;
    if (!text_bytes || !thought_bytes) return bad_event_id();
    return EventId{*attempt, static_cast<std::size_t>(*text_bytes), static_cast<std::size_t>(*thought_bytes)};
}

std::string to_string(EventId const& id)
{
    auto text = std::to_string(id.attempt);
    if (id.is_end) return text + "-end";
    text += '-' + std::to_string(id.text_bytes);
    if (id.thought_bytes != 0) text += '-' + std::to_string(id.thought_bytes);
    return text;
}

bool stands_between_characters(EventId const& id, Message const& finished)
{
    if (id.is_end || id.attempt != finished.attempt) return true;
    bool const text = id.text_bytes > finished.content.size() || is_character_border(finished.content, id.text_bytes);
    bool const thoughts = id.thought_bytes > finished.thoughts.size() || is_character_border(finished.thoughts, id.thought_bytes);
    return text && thoughts;
}

bool stands_between_characters(EventId const& id, FeedNews const& news)
{
    return id.is_end || id.attempt != news.attempt || (!starts_inside_character(news.text) && !starts_inside_character(news.thoughts));
}

bool may_have_given(Message const& reply, EventId const& id)
{
    if (id.is_end) return reply.is_finished() && reply.attempt == id.attempt;
    if (!reply.is_finished() || id.attempt < reply.attempt) return true;
    bool const has_so_much = id.text_bytes <= reply.content.size() && id.thought_bytes <= reply.thoughts.size();
    return id.attempt == reply.attempt && has_so_much && stands_between_characters(id, reply);
}

FeedPosition position_of(EventId const& id)
{
    if (id.is_end) return {}; // Of a reply that has not ended, as it turned out: whatever comes is new.
    return {.attempt = id.attempt, .text_bytes = id.text_bytes, .thought_bytes = id.thought_bytes};
}

ReplyStreamState::ReplyStreamState(MessageId reply, std::optional<EventId> resume_from)
    : reply_(reply), position_(resume_from ? position_of(*resume_from) : FeedPosition{}), has_started_(resume_from.has_value())
{}

std::string ReplyStreamState::take(FeedNews const& news)
{
    std::string out;
    bool const is_known = news.state == FeedNews::State::streaming || news.state == FeedNews::State::ended;
    if (is_over_ || !is_known || news.attempt < position_.attempt) return out;

    if (news.attempt > position_.attempt) {
        enter_attempt(out, news.attempt, news.model.empty() ? std::nullopt : std::optional(news.model));
    } else if (starts_inside_character(news.text) || starts_inside_character(news.thoughts)) {
        // The reader came with an offset past what there was, and the text did not grow to fit it. Read again from the beginning.
        enter_attempt(out, news.attempt, std::nullopt);
        return out;
    }
    append_all(out, "thought", news.thoughts, position_.thought_bytes);
    append_all(out, "delta", news.text, position_.text_bytes);
    if (!news.citations_json.empty()) http::append_event(out, "citations", id(), R"({"citations":)" + news.citations_json + "}");
    position_.citations_version = news.position.citations_version;
    return out;
}

std::string ReplyStreamState::take(Message const& finished)
{
    std::string out;
    while (!is_over_ && out.size() < piece_bytes_max) {
        std::string_view const thoughts = finished.thoughts;
        std::string_view const text = finished.content;
        bool const fits = has_started_ && position_.attempt == finished.attempt && stands_at_border(text, position_.text_bytes) &&
                          stands_at_border(thoughts, position_.thought_bytes);
        if (!fits) {
            enter_attempt(out, finished.attempt, finished.model);
        } else if (position_.thought_bytes < thoughts.size()) {
            append_piece(out, "thought", thoughts.substr(position_.thought_bytes), position_.thought_bytes);
        } else if (position_.text_bytes < text.size()) {
            append_piece(out, "delta", text.substr(position_.text_bytes), position_.text_bytes);
        } else {
            append_end(out, finished);
        }
    }
    return out;
}

std::string ReplyStreamState::take_waiting(Waiting const& waiting) const
{
    std::string out;
    http::append_event(out, "waiting", id(), to_json(waiting));
    return out;
}

std::string ReplyStreamState::take_deleted()
{
    std::string out;
    ErrorEvent const event{{}, {"room_deleted", "The room was deleted, and this reply with it."}};
    http::append_event(out, "error", to_string(EventId{.attempt = position_.attempt, .is_end = true}), to_json(event));
    is_over_ = true;
    return out;
}

void ReplyStreamState::enter_attempt(std::string& out, std::int64_t attempt, std::optional<std::string> model)
{
    position_ = {.attempt = attempt};
    if (has_started_) {
        http::append_event(out, "restart", id(), to_json(RestartEvent{attempt, std::move(model)}));
    } else {
        http::append_event(out, "start", id(), to_json(StartEvent{reply_, attempt, std::move(model)}));
    }
    has_started_ = true;
}

// The first piece of `text`; moves `offset`, which stands where it begins, behind it.
void ReplyStreamState::append_piece(std::string& out, std::string_view name, std::string_view text, std::size_t& offset)
{
    auto const size = piece_end(text, 0);
    offset += size;
    std::string data = R"({"text":)";
    append_json_text(data, text.substr(0, size));
    data += '}';
    http::append_event(out, name, id(), data);
}

void ReplyStreamState::append_all(std::string& out, std::string_view name, std::string_view text, std::size_t& offset)
{
    auto begin = offset;
    while (offset - begin < text.size()) append_piece(out, name, text.substr(offset - begin), offset);
}

void ReplyStreamState::append_end(std::string& out, Message const& finished)
{
    std::string data = R"({"message":)";
    Json<Message>::write(data, finished);
    if (finished.error) data += R"(,"error":)" + to_json(*finished.error); // As `room_deleted` has it, which has no message.
    data += '}';
    std::string_view const name = finished.status == MessageStatus::failed ? "error" : "done";
    http::append_event(out, name, to_string(EventId{.attempt = finished.attempt, .is_end = true}), data);
    is_over_ = true;
}

std::string ReplyStreamState::id() const
{
    return to_string(EventId{position_.attempt, position_.text_bytes, position_.thought_bytes});
}

} // namespace pollux::chat
