// The database that the settings name, with a schema that this binary can work with.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "db/migrator.hpp"

#include <memory>

namespace pollux::app {

// SQLite is brought up to date here. PostgreSQL belongs to many processes, old and new ones: `pollux migrate` does it there, and without it
// this throws db::SchemaTooOld; except with --dev. A PostgreSQL that does not let us in is asked again until `wait_until`; what no waiting
// mends is thrown at once. The clock must outlive the database.
std::unique_ptr<db::Database> open_database(config::Config const& config, Clock const& clock, Steady::time_point wait_until);

// Throws one line for the operator where there is no database of Pollux: no file, or a PostgreSQL without our schema.
void require_database(config::Config const& config);

db::Migrated migrate_database(config::Config const& config);

// Says in the log that the database is closed, and what it did.
void log_stopped(db::Database const& database);

} // namespace pollux::app
