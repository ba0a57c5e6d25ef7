#include "http/event_stream.hpp"

namespace pollux::http {
namespace {

// Line ends of Unicode beside CR and LF. An event's lines end with CR or LF alone, but some clients split their input as their
// language splits lines. In JSON, which is what `data` is, they stand in texts only, where they may be written as escapes.
constexpr std::string_view next_line = "\xC2\x85";
constexpr std::string_view line_separator = "\xE2\x80\xA8";
constexpr std::string_view paragraph_separator = "\xE2\x80\xA9";

void append_on_one_line(std::string& out, std::string_view json)
{
    while (true) {
        auto const at = json.find_first_of("\xC2\xE2");
        out.append(json.substr(0, at));
        if (at == std::string_view::npos) return;
        json.remove_prefix(at);
        std::string_view const escape = json.starts_with(next_line)             ? "\\u0085"
                                        : json.starts_with(line_separator)      ? "\\u2028"
                                        : json.starts_with(paragraph_separator) ? "\\u2029"
                                                                                : "";
        std::size_t const length = escape.empty() ? 1 : json.starts_with(next_line) ? next_line.size() : line_separator.size();
        out.append(escape.empty() ? json.substr(0, length) : escape);
        json.remove_prefix(length);
    }
}

} // namespace

void append_event(std::string& out, std::string_view name, std::string_view id, std::string_view data)
{
    out.reserve(out.size() + name.size() + id.size() + data.size() + 24);
    out.append("event: ").append(name).push_back('\n');
    if (!id.empty()) out.append("id: ").append(id).push_back('\n'); // An empty line would make the client forget its last id.
    out.append("data: ");
    append_on_one_line(out, data);
    out.append("\n\n");
}

} // namespace pollux::http
