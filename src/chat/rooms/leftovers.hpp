// What is deleted goes in pieces. The transaction of a DELETE takes away what anybody could still find: the room goes to nobody (user
// 0), so that every statement which asks for a user's room finds none, in this version of Pollux and in older ones beside it. Its messages,
// of which there may be millions, follow by a task. Until then they lie about, and so a message is read together with its room.
#pragma once

#include "db/database.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

inline constexpr char const* delete_room_task = "delete_room"; // Its user, and the room's id as its subject.

// Of messages, with the DELETE itself: most rooms hold no more, and are gone whole at once.
constexpr std::int64_t deleted_at_once_max = 200;
// Of rooms, with the DELETE of an account.
constexpr std::int64_t given_away_at_once_max = 1'000;

// For the transaction of the DELETE, behind the user's lock, when the room's jobs are ended. True: there is more, and a task to take it.
asio::awaitable<bool> begin_deletion(db::Transaction& transaction, UserId user, RoomId room);

// The same of all rooms of a user, for the transaction that ends the account. The ids of those that are nobody's now.
asio::awaitable<std::vector<RoomId>> give_rooms_away(db::Transaction& transaction, UserId user);

// Pieces of the rest, for tasks; each is a transaction, says how many rows it took, and may run twice.
asio::awaitable<std::int64_t> delete_messages_of_room(db::Database& database, UserId user, RoomId room, std::int64_t count_max);
asio::awaitable<std::int64_t> delete_messages_of_user(db::Database& database, UserId user, std::int64_t count_max);
asio::awaitable<std::int64_t> delete_rooms_of_user(db::Database& database, UserId user, std::int64_t count_max);
asio::awaitable<std::int64_t> delete_keys_of_user(db::Database& database, UserId user, std::int64_t count_max);
// Rooms that are nobody's, once their messages are gone.
asio::awaitable<void> delete_nobodys_rooms(db::Database& database, std::vector<RoomId> rooms);

} // namespace pollux::chat
