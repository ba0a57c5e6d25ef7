#include "chat/rooms/cursor.hpp"

#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

TEST(Cursor, comes_back_as_it_was)
{
    auto const room = parse_room_cursor(to_text(RoomCursor{1, 1'790'000'000'000'000, 42})).value();
    EXPECT_EQ(room.pinned, 1);
    EXPECT_EQ(room.updated_at, 1'790'000'000'000'000);
    EXPECT_EQ(room.id, 42);
    auto const message = parse_message_cursor(to_text(MessageCursor{7, 9})).value();
    EXPECT_EQ(message.question, 7);
    EXPECT_EQ(message.id, 9);
}

TEST(Cursor, takes_nothing_else)
{
    for (std::string const text : {"r", "r.", "r.1", "r.1.2", "r.1.2.3.4", "r.2.2.3", "r.-1.2.3", "r.1.2.3x", "r.01.2.3", "r.1..3",
                                   "r.1.2.99999999999999999999", "m.1.2.3", "R.1.2.3", " r.1.2.3", "r.1.2.3 ", "r1.2.3", "", "r.1.2.+3"}) {
        auto const parsed = parse_room_cursor(to_base64url(text));
        ASSERT_TRUE(parsed.has_error()) << text;
        EXPECT_EQ(parsed.error().code(), "cursor_invalid");
        EXPECT_EQ(parsed.error().kind(), ErrorKind::malformed);
        EXPECT_TRUE(parse_message_cursor(to_base64url(text)).has_error()) << text;
    }
    for (std::string const text : {"r.1.2.3", "=", "not base64!", "%", "é"}) EXPECT_TRUE(parse_room_cursor(text).has_error()) << text;
    EXPECT_TRUE(parse_room_cursor(to_text(MessageCursor{1, 2})).has_error());
    EXPECT_TRUE(parse_message_cursor(to_text(RoomCursor{1, 2, 3})).has_error());
    EXPECT_TRUE(parse_message_cursor(to_text(MessageCursor{1, 2}) + "=").has_error());
}

} // namespace
} // namespace pollux::chat
