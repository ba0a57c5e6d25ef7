// Where the next page of a list begins, as the opaque text that clients give back. It names a position and grants nothing: every query
// names the owner too.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pollux::chat {

// Behind this room: pinned first, then latest activity.
struct RoomCursor {
    std::int64_t pinned = 0;
    std::int64_t updated_at = 0;
    std::int64_t id = 0;
};

// Before this message, in the order of its room.
struct MessageCursor {
    std::int64_t question = 0;
    std::int64_t id = 0;
};

// Behind this variant of a reply.
struct VariantCursor {
    std::int64_t variant = 0;
};

std::string to_text(RoomCursor const& cursor);
std::string to_text(MessageCursor const& cursor);
std::string to_text(VariantCursor const& cursor);

// Only what to_text() makes is taken; anything else is malformed "cursor_invalid".
Result<RoomCursor> parse_room_cursor(std::string_view text);
Result<MessageCursor> parse_message_cursor(std::string_view text);
Result<VariantCursor> parse_variant_cursor(std::string_view text);

} // namespace pollux::chat
