// How work is asked for. Ring the Bell after COMMIT; without it the task is found within two seconds.
#pragma once

#include "db/database.hpp"
#include "tasks/task.hpp"

namespace pollux::tasks {

namespace asio = boost::asio;

// In the transaction of what causes it.
asio::awaitable<void> enqueue(db::Transaction& transaction, NewTask task);

} // namespace pollux::tasks
