#include "chat/rooms/cursor.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <optional>
#include <vector>

namespace pollux::chat {
namespace {

std::string encode(std::string_view kind, std::vector<std::int64_t> const& numbers)
{
    std::string text(kind);
    for (auto number : numbers) text += "." + std::to_string(number);
    return to_base64url(text);
}

// The numbers of "<kind>.1.2.3".
std::optional<std::vector<std::int64_t>> decode(std::string_view kind, std::size_t count, std::string_view encoded)
{
    auto const text = from_base64url(encoded);
    if (!text || !std::string_view(*text).starts_with(kind)) return std::nullopt;
    auto rest = std::string_view(*text).substr(kind.size());

    std::vector<std::int64_t> numbers;
    while (rest.starts_with('.')) {
        rest.remove_prefix(1);
        auto const digits = rest.substr(0, rest.find('.'));
        auto const number = parse_integer(digits);
        if (!number || *number < 0) return std::nullopt;
        numbers.push_back(*number);
        rest.remove_prefix(digits.size());
    }
    // Encoding again refuses what parses but was never given out: leading zeros, stray bits of the last character.
    if (numbers.size() != count || encode(kind, numbers) != encoded) return std::nullopt;
    return numbers;
}

Error cursor_invalid()
{
    return malformed("cursor_invalid", "This cursor was not given out by this list; leave it out to start from the beginning.");
}

} // namespace

std::string to_text(RoomCursor const& cursor)
{
    return encode("r", {cursor.pinned, cursor.updated_at, cursor.id});
}

std::string to_text(MessageCursor const& cursor)
{
    return encode("m", {cursor.question, cursor.id});
}

std::string to_text(VariantCursor const& cursor)
{
    return encode("v", {cursor.variant});
}

Result<VariantCursor> parse_variant_cursor(std::string_view text)
{
    auto const numbers = decode("v", 1, text);
    if (!numbers) return cursor_invalid();
    return VariantCursor{(*numbers)[0]};
}

Result<RoomCursor> parse_room_cursor(std::string_view text)
{
    auto const numbers = decode("r", 3, text);
    if (!numbers || (*numbers)[0] > 1) return cursor_invalid();
    return RoomCursor{(*numbers)[0], (*numbers)[1], (*numbers)[2]};
}

Result<MessageCursor> parse_message_cursor(std::string_view text)
{
    auto const numbers = decode("m", 2, text);
    if (!numbers) return cursor_invalid();
    return MessageCursor{(*numbers)[0], (*numbers)[1]};
}

} // namespace pollux::chat
