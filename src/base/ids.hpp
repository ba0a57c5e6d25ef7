// Ids are integers with a type of their own, so that a room is never taken for a message.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace pollux {

template <class Tag>
struct Id {
    std::int64_t value = 0;

    auto operator<=>(Id const&) const = default;
};

using UserId = Id<struct UserTag>;
using SessionId = Id<struct SessionTag>;
using RoomId = Id<struct RoomTag>;
using MessageId = Id<struct MessageTag>;
using JobId = Id<struct JobTag>;

} // namespace pollux

template <class Tag>
struct std::hash<pollux::Id<Tag>> {
    std::size_t operator()(pollux::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
