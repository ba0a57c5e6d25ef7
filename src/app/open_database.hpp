// The database that the settings name, with a schema that this binary can work with.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "db/migrator.hpp"

#include <memory>

namespace pollux::app {

// A machine that boots may start Pollux before PostgreSQL lets it in, or before the database was created: waits for that, as long as
// DATABASE_WAIT_SECONDS allows, and says why in the log. Throws at once what no waiting mends. SQLite is always there. Returns until when
// the rest of the start may wait for it.
Steady::time_point await_database(config::Config const& config);

// SQLite is brought up to date here. PostgreSQL belongs to many processes, old and new ones: `pollux migrate` does it there, and without it
// this throws db::SchemaTooOld; except with --dev. The clock must outlive the database. `wait_until`: as await_database() says.
std::unique_ptr<db::Database> open_database(config::Config const& config, Clock const& clock, Steady::time_point wait_until);

db::Migrated migrate_database(config::Config const& config);

// Says in the log that the database is closed, and what it did.
void log_stopped(db::Database const& database);

} // namespace pollux::app
