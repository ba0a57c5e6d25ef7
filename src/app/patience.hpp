// Waiting at a start. A machine that boots may start Pollux before PostgreSQL lets it in, or before the database was created; and a
// PostgreSQL that lets one connection in may be too busy for the next, as when many processes start at once.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "ops/log.hpp"

#include <string>
#include <thread>

namespace pollux::app {

// Of a start that begins now, all of its steps together: DATABASE_WAIT_SECONDS. SQLite is always there.
inline Steady::time_point wait_end(config::Config const& config)
{
    bool const is_sqlite = config.database == config::DatabaseKind::sqlite;
    return Steady::now() + (is_sqlite ? std::chrono::seconds(0) : std::chrono::seconds(config.database_wait));
}

// Does it again while the database is unavailable, until then; after that it is thrown. Each new reason is a line in the log. Blocks.
template <class Action>
auto while_unavailable(Steady::time_point until, Action action)
{
    for (std::string said;;) {
        try {
            return action();
        } catch (db::Unavailable const& gone) {
            auto const left = std::chrono::ceil<std::chrono::seconds>(until - Steady::now()).count();
            if (left <= 0) throw;
            if (said != gone.what()) ops::log(ops::Level::warning, "database_awaited", {{"reason", gone.what()}, {"at_most_s", left}});
            said = gone.what();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
}

} // namespace pollux::app
