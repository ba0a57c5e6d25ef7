// What a deleted room or account leaves behind goes here, piece by piece.
#pragma once

#include "db/database.hpp"
#include "tasks/task_kinds.hpp"

namespace pollux::app {

namespace asio = boost::asio;

inline constexpr char const* erase_account_task = "erase_account";

// For the transaction that ends an account: chat's part of it, and the task for the rest.
asio::awaitable<void> begin_erasure(db::Transaction& transaction, UserId user);

void add_deletion_kinds(tasks::TaskKinds& kinds, db::Database& database);

} // namespace pollux::app
