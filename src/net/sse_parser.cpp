#include "net/sse_parser.hpp"

#include <charconv>
#include <utility>

namespace pollux::net {

namespace {

// Where the first line ends, npos when its end is not here.
std::size_t line_end(std::string_view bytes)
{
    auto const lf = bytes.find('\n');
    auto const cr = bytes.substr(0, lf).find('\r');
    return cr != std::string_view::npos ? cr : lf;
}

} // namespace

bool SseParser::feed(std::string_view bytes, std::vector<SseEvent>& events)
{
    while (!bytes.empty() && !over_limit_) {
        if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
        after_cr_ = false;

        auto const end = line_end(bytes);
        auto const piece = bytes.substr(0, end);
        if (line_.size() + piece.size() > limits_.line_bytes_max) {
            over_limit_ = true;
        } else if (end == std::string_view::npos) {
            line_ += piece;
            break;
        } else {
            after_cr_ = bytes[end] == '\r';
            bytes.remove_prefix(end + 1);
            end_line(piece, events);
        }
    }
    return !over_limit_;
}

std::optional<SseEvent> SseParser::take_unfinished()
{
    std::vector<SseEvent> events;
    if (!over_limit_ && !line_.empty()) end_line({}, events);
    if (over_limit_) return std::nullopt;
    return dispatch();
}

void SseParser::end_line(std::string_view last_piece, std::vector<SseEvent>& events)
{
    if (line_.empty()) {
        take_line(last_piece, events);
        return;
    }
    line_ += last_piece;
    auto const line = std::exchange(line_, {});
    take_line(line, events);
}

void SseParser::take_line(std::string_view line, std::vector<SseEvent>& events)
{
    if (at_start_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    at_start_ = false;

    if (line.empty()) {
        if (auto event = dispatch()) events.push_back(std::move(*event));
        return;
    }
    auto const colon = line.find(':');
    if (colon == 0) return; // A comment.
    auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value, line);
}

void SseParser::take_field(std::string_view name, std::string_view value, std::string_view line)
{
    if (name == "data") {
        if (event_.data.size() + value.size() + 1 > limits_.event_bytes_max) {
            over_limit_ = true;
            return;
        }
        if (has_data_) event_.data += '\n';
        event_.data += value;
        has_data_ = true;
    } else if (name == "event") {
        event_.type = value;
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) event_.id = value;
    } else if (name == "retry") {
        long milliseconds = 0;
        auto const [rest, failure] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
        bool const digits = !value.empty() && value.front() != '-' && rest == value.data() + value.size();
        if (digits && failure == std::errc()) retry_ms_ = milliseconds;
    } else if (stray_.size() + line.size() < limits_.stray_bytes_max) {
        if (!stray_.empty()) stray_ += '\n';
        stray_ += line;
    }
}

std::optional<SseEvent> SseParser::dispatch()
{
    std::optional<SseEvent> event;
    if (has_data_) {
        event = SseEvent{std::move(event_.type), std::move(event_.data), event_.id};
    }
    event_.type.clear();
    event_.data.clear();
    has_data_ = false;
    return event;
}

} // namespace pollux::net
