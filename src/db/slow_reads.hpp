// The second way to read, beside Database::read: for what may take long (a search, an export, a list for admins). Such reads have threads
// or connections of their own, so they hold up nobody else, and a longer time to end. Few run at once and few wait; one more is refused
// with Unavailable. They see what Database::read sees.
#pragma once

#include "db/database.hpp"
#include "db/slow_read_limits.hpp"

namespace pollux::db {

class SlowReads {
public:
    virtual ~SlowReads() = default;

    template <class... Arguments>
    asio::awaitable<Rows> read_slowly(Sql sql, Arguments&&... arguments)
    {
        return read_rows_slowly(sql, params(std::forward<Arguments>(arguments)...));
    }

    // Several that see one moment; see Database::snapshot.
    template <class Unit>
    asio::awaitable<detail::UnitResult<Unit>> snapshot_slowly(Unit unit)
    {
        detail::TypedUnit<Unit> typed(std::move(unit));
        co_await run_snapshot_slowly(typed);
        co_return typed.take_result();
    }

protected:
    virtual asio::awaitable<Rows> read_rows_slowly(Sql sql, Params params) = 0;
    virtual asio::awaitable<void> run_snapshot_slowly(detail::AnyUnit& unit) = 0;
};

// Every driver has them.
inline SlowReads& slow_reads(Database& database)
{
    return dynamic_cast<SlowReads&>(database);
}

} // namespace pollux::db
