// Server-sent events, read: bytes in, events out, no I/O. Follows the event stream chapter of WHATWG HTML: lines end with LF, CR or
// CRLF, one leading BOM is dropped, several data lines join with LF, a blank line ends an event, an event without data is none.
// Bytes may be cut anywhere. Text is not checked for UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::net {

struct SseEvent {
    std::string type; // Of the event: line; empty where it had none.
    std::string data;
    std::string id; // The last one that the stream gave, in this event or before.
};

class SseParser {
public:
    struct Limits {
        std::size_t line_bytes_max = 2 * 1024 * 1024;
        std::size_t event_bytes_max = 4 * 1024 * 1024; // Data of one event.
        std::size_t stray_bytes_max = 64 * 1024;       // See stray(); what is over is dropped.
    };

    SseParser() : SseParser(Limits{}) {}
    explicit SseParser(Limits limits) : limits_(limits) {}

    // Appends the events that `bytes` complete. False once a limit was passed: the rest of the stream cannot be read.
    bool feed(std::string_view bytes, std::vector<SseEvent>& events);

    // At the end of the bytes: the event whose blank line is missing, or nothing. The standard drops it; Gemini's last one may be so.
    std::optional<SseEvent> take_unfinished();

    // Lines that are no field of the standard, joined by LF: a server that breaks down may answer with bare JSON in mid-stream.
    std::string const& stray() const { return stray_; }

    // What the last retry: line said, in milliseconds.
    std::optional<long> retry_ms() const { return retry_ms_; }

private:
    void end_line(std::string_view last_piece, std::vector<SseEvent>& events);
    void take_line(std::string_view line, std::vector<SseEvent>& events);
    void take_field(std::string_view name, std::string_view value, std::string_view line);
    std::optional<SseEvent> dispatch();

    Limits limits_;
    std::string line_; // The beginning of a line whose end has not come.
    SseEvent event_;
    std::string stray_;
    std::optional<long> retry_ms_;
    bool has_data_ = false;
    bool after_cr_ = false; // An LF that comes next belongs to the line that ended.
    bool at_start_ = true;  // No line was taken yet: a BOM may come.
    bool over_limit_ = false;
};

} // namespace pollux::net
