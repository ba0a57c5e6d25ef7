// The event stream parser: the same bytes give the same events however they are cut.
#include "net/sse_parser.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace pollux::net;

std::vector<SseEvent> parse(std::string_view bytes, std::size_t piece_bytes)
{
    SseParser parser({.line_bytes_max = 512, .event_bytes_max = 1024, .stray_bytes_max = 256});
    std::vector<SseEvent> events;
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        if (!parser.feed(bytes.substr(at, piece_bytes), events)) break;
    }
    if (auto last = parser.take_unfinished()) events.push_back(std::move(*last));
    return events;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const whole = parse(bytes, bytes.size() + 1);
    auto const pieces = parse(bytes, 1 + data[0] % 16);
    if (whole.size() != pieces.size()) std::abort();
    for (std::size_t index = 0; index < whole.size(); ++index) {
        if (whole[index].data != pieces[index].data || whole[index].type != pieces[index].type || whole[index].id != pieces[index].id)
            std::abort();
        if (whole[index].data.size() > 1024) std::abort();
    }
    return 0;
}
