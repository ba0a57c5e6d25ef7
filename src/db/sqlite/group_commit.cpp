#include "db/sqlite/group_commit.hpp"

#include "base/failpoint.hpp"
#include "base/reason.hpp"
#include "db/sqlite/straight_through.hpp"

#include <string>

namespace pollux::db::sqlite {
namespace {

// Whether what the unit did is to be kept.
asio::awaitable<bool> run_unit(Connection& connection, Unit& unit)
{
    try {
        bool const keep = co_await unit.run(connection);
        // One unit with a dangling reference must not make COMMIT fail for its neighbours.
        if (keep && connection.breaks_deferred_foreign_key()) throw StatementError("a foreign key is violated at the end of the unit");
        co_return keep;
    } catch (...) {
        unit.failure = std::current_exception();
        co_return false;
    }
}

// Some failures (a full disk, say) make SQLite roll back all by itself: the savepoints before are gone too.
void require_transaction(Connection const& connection, Unit const& unit)
{
    if (connection.in_transaction()) return;
    if (unit.failure) std::rethrow_exception(unit.failure);
    throw Unavailable("the database rolled the transaction back");
}

// A unit that is alone needs no savepoint: the transaction is its own.
asio::awaitable<std::size_t> run_alone(Connection& connection, Unit& unit)
{
    bool const keep = co_await run_unit(connection, unit);
    require_transaction(connection, unit);
    if (!keep) connection.roll_back();
    co_return keep ? 0 : 1;
}

asio::awaitable<std::size_t> run_in_savepoints(Connection& connection, std::span<Unit* const> group)
{
    std::size_t rolled_back = 0;
    for (Unit* unit : group) {
        connection.run("savepoint unit");
        bool const keep = co_await run_unit(connection, *unit);
        require_transaction(connection, *unit);
        if (!keep) {
            connection.run("rollback to unit");
            ++rolled_back;
        }
        connection.run("release unit");
    }
    co_return rolled_back;
}

asio::awaitable<void> run_group(Connection& connection, std::span<Unit* const> group, std::size_t& rolled_back)
{
    connection.run("begin immediate");
    if (group.size() == 1) {
        rolled_back = co_await run_alone(connection, *group.front());
    } else {
        rolled_back = co_await run_in_savepoints(connection, group);
    }
    if (!connection.in_transaction()) co_return;

    failpoint("db_before_commit");
    connection.run("commit");
    failpoint("db_after_commit");
}

Lack lack_of(std::exception const& failure)
{
    auto const* unavailable = dynamic_cast<Unavailable const*>(&failure);
    return unavailable ? unavailable->lack() : Lack::service;
}

} // namespace

std::size_t commit_group(Connection& connection, asio::io_context& loop, std::span<Unit* const> group)
{
    std::size_t rolled_back = 0;
    try {
        run_straight_through(loop, run_group(connection, group, rolled_back));
        return rolled_back;
    } catch (std::exception const& failure) {
        connection.roll_back();
        // Also those that were refused or that failed: what they saw was their neighbours' work, and it did not happen.
        auto const why = std::string("the group's transaction failed: ") + reason_of(failure);
        auto const all = std::make_exception_ptr(Unavailable(why, lack_of(failure)));
        for (Unit* unit : group) unit->failure = all;
        return group.size();
    }
}

} // namespace pollux::db::sqlite
