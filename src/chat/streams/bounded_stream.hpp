// Ends a stream soon after a reason for it: the user has logged out, on whatever device, and is to see no more; or has too many streams.
#pragma once

#include "http/event_stream.hpp"

#include <functional>
#include <memory>

namespace pollux::chat {

// `stream` as it is until `has_ended` says yes; it is asked every 2 s at least, on the stream's thread. Null stays null.
std::unique_ptr<http::EventStream> ended_when(std::unique_ptr<http::EventStream> stream, std::function<bool()> has_ended);

} // namespace pollux::chat
