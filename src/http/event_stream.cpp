#include "http/event_stream.hpp"

namespace pollux::http {

void append_event(std::string& out, std::string_view name, std::string_view id, std::string_view data)
{
    out.reserve(out.size() + name.size() + id.size() + data.size() + 24);
    out.append("event: ").append(name).push_back('\n');
    if (!id.empty()) out.append("id: ").append(id).push_back('\n'); // An empty line would make the client forget its last id.
    out.append("data: ").append(data).append("\n\n");
}

} // namespace pollux::http
