// The list of everything that is done in the background, apart from replies.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"
#include "tasks/task_kinds.hpp"

namespace pollux::accounts {
class AccountsService;
}

namespace pollux::app {

namespace asio = boost::asio;

// What they are given must outlive the runtime's threads.
void add_task_kinds(tasks::TaskKinds& kinds, db::Database& database, Clock const& clock, accounts::AccountsService& accounts);

} // namespace pollux::app
