// Copies an embedded database to PostgreSQL: every table and column that the source's schema names, so that a new migration needs no
// change here. All of it is one transaction: a move that fails or is killed leaves an empty database, and can be made again.
//
// The source is only read, and its lock is held: no server runs on it meanwhile. Numbers of rows go on where the source's stood, so no id
// is handed out twice, deleted ones neither.
#pragma once

#include "base/embedded_file.hpp"
#include "db/move/tally.hpp"

#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace pollux::db {

// The databases are not as a move needs them, or what arrived is not what was sent. Nothing was moved. One line for the operator.
class MoveRefused : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct MoveOptions {
    std::filesystem::path file;
    std::string url;
    std::span<EmbeddedFile const> migrations;
    std::vector<std::string> seeded_tables; // Servers fill them by themselves; the source's rows take the place of the target's.
};

// What a person wants to see meanwhile. All are set.
struct MoveEvents {
    std::function<void(std::string const& place)> began;
    std::function<void(std::string const& table, std::int64_t rows, std::int64_t rows_in_all)>
        copied; // Now and then, and at the end of a table.
    std::function<void(std::string const& table, Tally const& source, Tally const& target)> compared;
};

// Returns how many rows were moved. The target is brought to this binary's schema, which the source must have, and must hold no rows but
// in seeded tables. Throws MoveRefused, DatabaseInUse, SchemaTooNew, and what the databases throw. Blocks.
std::int64_t move_to_postgres(MoveOptions const& options, MoveEvents const& events);

} // namespace pollux::db
