// The PostgreSQL database that the mover fills, in one transaction: until commit() nobody sees anything of it, and when the mover ends
// before, however it ends, nothing has happened.
#pragma once

#include "db/move/table.hpp"
#include "db/move/tally.hpp"
#include "db/postgres/session.hpp"

#include <span>
#include <string>
#include <vector>

namespace pollux::db {

class PostgresTarget {
public:
    explicit PostgresTarget(std::string const& url) : session_(url) {}

    std::string place() const { return session_.place(); }

    // Whether the table is there and holds a row.
    bool is_filled(MoveTable const& table);

    // Begins the transaction. From here on nobody else writes to the tables.
    void begin(std::vector<MoveTable> const& tables);

    void clear(MoveTable const& table);

    // Throws StatementError for what PostgreSQL cannot hold, naming table, row and column.
    void begin_copy(MoveTable const& table);
    void put(MoveTable const& table, std::span<Value const> row);
    void end_copy(MoveTable const& table);

    // The next number is higher than `last_identity` and than what the target has handed out itself. It holds without commit() too.
    void raise_identity(MoveTable const& table);

    Tally tally(MoveTable const& table); // Read back.

    // Gathers the planner's statistics first: the first queries would otherwise be planned for empty tables.
    void commit();

private:
    postgres::Session session_;
    std::string names_;    // Of the tables that are locked.
    std::string lines_;    // Of COPY, not sent yet.
    std::int64_t row_ = 0; // Of the table that is copied.
};

} // namespace pollux::db
