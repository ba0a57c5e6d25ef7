// How rooms get their names: from their user, from their first message, from a model. No I/O.
#pragma once

#include "base/json.hpp"

#include <boost/describe/enum.hpp>

#include <string>
#include <string_view>

namespace pollux::chat {

// Who gave a room the name that it has. Rooms of earlier versions count as named by their user.
enum class NamedBy { nobody, message, model, user };
BOOST_DESCRIBE_ENUM(NamedBy, nobody, message, model, user)

// The name of a room that has none yet.
constexpr std::string_view unnamed_room = "New chat";

// The task that asks a model for a better one. Its subject is the room, its payload the id of its first reply.
constexpr std::string_view name_room_task = "name_room";

// After its first message: the first line with text, at most 60 characters, cut between words where there are any.
std::string name_after(std::string_view message);

// Without control characters, runs of them and of spaces as one space.
std::string one_line(std::string_view text);

// At most 60 characters as people see them, cut between words where there are any.
std::string cut_room_name(std::string line);

} // namespace pollux::chat
