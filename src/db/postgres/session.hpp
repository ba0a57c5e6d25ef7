// A blocking connection for what an operator waits for: migrations and the mover. It has no limit on a statement's time, since building
// an index takes as long as it takes. Ending it rolls back what was not committed and lets its locks go.
#pragma once

#include "db/postgres/libpq.hpp"
#include "db/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::db::postgres {

// Functions throw Unavailable and StatementError.
class Session {
public:
    // Throws Unavailable when PostgreSQL cannot be reached, UnusableDatabase when it cannot be worked with.
    explicit Session(std::string const& url);

    // Any number of statements; no parameters, no rows.
    void run_script(std::string const& sql);
    Rows run(std::string const& sql, Params const& params = {});
    std::vector<Value> run_for_cells(std::string const& sql); // Row after row.

    // `sql` is a COPY ... FROM STDIN. Lines may be cut anywhere; PostgreSQL judges them at the latest in end_copy().
    void begin_copy(std::string const& sql);
    void put_copy(std::string_view bytes);
    void end_copy(std::string const& sql);

    bool in_transaction() const { return PQtransactionStatus(handle_.get()) == PQTRANS_INTRANS; }
    void roll_back() noexcept;

    std::string place() const; // "the database pollux at db.example.com": never the password.

private:
    Handle handle_;
};

} // namespace pollux::db::postgres
