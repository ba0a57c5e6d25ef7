#include "chat/erase_user.hpp"

namespace pollux::chat {
namespace {

constexpr db::Sql jobs_sql = "delete from jobs where user_id = $1";
constexpr db::Sql parts_sql = "delete from reply_parts where user_id = $1";
constexpr db::Sql messages_sql = "delete from messages where user_id = $1";
constexpr db::Sql rooms_sql = "delete from rooms where user_id = $1";
constexpr db::Sql keys_sql = "delete from idempotency_keys where user_id = $1";

} // namespace

asio::awaitable<void> erase_user(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(jobs_sql, user);
    co_await transaction.run(parts_sql, user);
    co_await transaction.run(messages_sql, user);
    co_await transaction.run(rooms_sql, user);
    co_await transaction.run(keys_sql, user);
}

} // namespace pollux::chat
