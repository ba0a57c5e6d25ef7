// A client of a reply's events: it joins what it gets, keeps its last id, and remembers every breach of the stream's promises (ids
// rise, another attempt begins with `restart`, one `done` or `error` at the end).
#pragma once

#include "base/json.hpp"
#include "chat/streams/reply_stream_state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::test {

struct SseEvent {
    std::string name;
    std::string id;
    std::string data;
    bool operator==(SseEvent const&) const = default;
};

// Framed events as append_event writes them; what is not finished at the end is discarded, as browsers do.
inline std::vector<SseEvent> parse_events(std::string_view bytes)
{
    std::vector<SseEvent> events;
    SseEvent event;
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        auto line = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        auto value = [&](std::string_view name) { return std::string(line.substr(name.size())); };
        if (line.empty() && !event.data.empty()) events.push_back(std::exchange(event, {}));
        if (line.starts_with("event: ")) event.name = value("event: ");
        if (line.starts_with("id: ")) event.id = value("id: ");
        if (line.starts_with("data: ")) event.data = value("data: ");
    }
    return events;
}

struct TextEvent {
    Text<0, 100'000'000> text;
};
POLLUX_DESCRIBE(TextEvent, (text))

class ReplyReader {
public:
    void take(SseEvent const& event)
    {
        if (has_ended) breach("an event after the end: ", event);
        check_id(event);
        if (event.name == "start" || event.name == "restart") begin(event);
        if (event.name == "delta") text += text_of(event);
        if (event.name == "thought") thoughts += text_of(event);
        has_ended = has_ended || event.name == "done" || event.name == "error";
        if (has_ended) end_event = event;
        count += 1;
    }

    void take_all(std::string_view bytes)
    {
        for (auto const& event : parse_events(bytes)) take(event);
    }

    std::optional<chat::EventId> resume_from() const
    {
        if (last_id.empty()) return std::nullopt;
        return chat::parse_event_id(last_id).value();
    }

    std::string text;
    std::string thoughts;
    std::string last_id;
    std::string breaches; // Empty: all promises were kept.
    SseEvent end_event;
    bool has_ended = false;
    std::size_t count = 0;
    std::size_t restarts = 0;

private:
    void breach(std::string const& what, SseEvent const& event) { breaches += what + event.name + " " + event.id + "; "; }

    void check_id(SseEvent const& event)
    {
        auto id = chat::parse_event_id(event.id);
        if (!id) return breach("not an id: ", event);
        auto before = resume_from();
        bool is_new_attempt = !before || id->attempt != before->attempt;
        bool is_beginning = event.name == "start" || event.name == "restart";
        bool is_end = event.name == "done" || event.name == "error";
        if (id->is_end != is_end) breach("the end and its id do not go together: ", event);
        if (event.name == "start" && before) breach("start for somebody who has seen an attempt: ", event);
        if (event.name == "restart" && !before) breach("restart for somebody who has seen nothing: ", event);
        if (is_beginning && (id->text_bytes != 0 || id->thought_bytes != 0)) breach("a beginning that is not at 0: ", event);
        if (is_new_attempt && !is_beginning) breach("an attempt without a beginning: ", event);
        if (before && id->attempt < before->attempt) breach("an older attempt: ", event);
        if (!is_new_attempt && !is_end && (id->text_bytes < before->text_bytes || id->thought_bytes < before->thought_bytes)) {
            breach("an id that falls: ", event);
        }
        if (event.name == "delta" && before && id->text_bytes <= before->text_bytes) breach("a delta that does not rise: ", event);
        last_id = event.id;
    }

    void begin(SseEvent const& event)
    {
        text.clear();
        thoughts.clear();
        if (event.name == "restart") ++restarts;
    }

    static std::string text_of(SseEvent const& event) { return from_json<TextEvent>(event.data).value().text.value; }
};

} // namespace pollux::test
