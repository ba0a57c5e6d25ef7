// Many units of work, one COMMIT, hence one fsync. Each unit stands in a savepoint of its own, so that one that fails takes nothing
// with it; what they did becomes durable together or, when COMMIT fails, not at all.
#pragma once

#include "db/sqlite/connection.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <span>

namespace pollux::db::sqlite {

// One unit of work on its way through a group.
class Unit {
public:
    virtual ~Unit() = default;

    // What it does in the transaction; false: roll it back.
    virtual asio::awaitable<bool> run(Connection& connection) = 0;

    std::exception_ptr failure; // What its caller is to be told instead of a result.
};

// Runs all units in one transaction, in order, to their ends. Afterwards each one either took part in a COMMIT, was rolled back alone
// (it returned false or threw; a throw stands in its `failure`), or all of them failed with Unavailable. The loop must be this
// thread's and idle. Returns how many were rolled back alone, or group.size() when all failed.
std::size_t commit_group(Connection& connection, asio::io_context& loop, std::span<Unit* const> group);

} // namespace pollux::db::sqlite
