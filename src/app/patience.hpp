// Waiting at a start: PostgreSQL may let us in and be too busy, or out of reach, a moment later, as when many processes start at once.
#pragma once

#include "base/clock.hpp"
#include "db/database.hpp"
#include "ops/log.hpp"

#include <string_view>
#include <thread>

namespace pollux::app {

// Does it again while the database is unavailable, until then at the latest; afterwards that is thrown. Blocks the thread.
template <class Action>
auto while_unavailable(Steady::time_point until, Action action)
{
    for (;;) {
        try {
            return action();
        } catch (db::Unavailable const& gone) {
            if (Steady::now() >= until) throw;
            ops::log(ops::Level::warning, "database_awaited", {{"reason", std::string_view(gone.what())}});
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
}

} // namespace pollux::app
