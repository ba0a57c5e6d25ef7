// The one interface to a database. Rooms write SQL in the dialect that SQLite >= 3.40 and PostgreSQL >= 15 share, with parameters
// $1, $2, ...; where a statement must differ, both forms stand side by side in one Sql. Both dialects know now_us(): the database's
// own clock in microseconds UTC.
//
// A Result tells what a caller can answer; a database that is broken, full or gone throws db::Unavailable, and a statement that is
// wrong throws db::StatementError.
#pragma once

#include "base/error.hpp"
#include "base/required.hpp"
#include "base/unavailable.hpp"
#include "db/value.hpp"

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <stdexcept>
#include <type_traits>

namespace pollux::db {

namespace asio = boost::asio;

enum class Dialect { sqlite, postgres };

// The text of a statement: a literal, so that its address can be the key of the prepared statement.
class Sql {
public:
    consteval Sql(char const* shared) : sqlite_(shared), postgres_(shared) {}
    consteval Sql(std::string_view shared) : sqlite_(shared), postgres_(shared) {}
    consteval Sql(std::string_view sqlite, std::string_view postgres) : sqlite_(sqlite), postgres_(postgres) {}

    std::string_view text(Dialect dialect) const { return dialect == Dialect::sqlite ? sqlite_ : postgres_; }

private:
    std::string_view sqlite_;
    std::string_view postgres_;
};

// The database cannot be asked now (gone, full, its queue full, I/O error). Nothing of what was asked has happened, but for Lack::outcome:
// PostgreSQL went away between COMMIT and its answer. On SQLite it did not happen (db/README.md names the one gap).
class Unavailable : public UnavailableError {
    using UnavailableError::UnavailableError;
};

// The database refused the statement: bad SQL or a violated constraint that the statement did not provide for.
class StatementError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The handle of one unit of work. Inside a unit only the transaction may be awaited.
class Transaction {
public:
    virtual ~Transaction() = default;

    template <class... Arguments>
    asio::awaitable<Rows> run(Sql sql, Arguments&&... arguments)
    {
        return execute(sql, params(std::forward<Arguments>(arguments)...));
    }

    // A statement whose outcome nobody asks for: it may travel with the next one, and fails with that.
    template <class... Arguments>
    asio::awaitable<void> run_later(Sql sql, Arguments&&... arguments)
    {
        return execute_later(sql, params(std::forward<Arguments>(arguments)...));
    }

    // The unit's last statement, with which COMMIT may travel: whatever the unit returns afterwards, what it wrote stays. So a refusal
    // after it must have written nothing that matters.
    template <class... Arguments>
    asio::awaitable<Rows> run_last(Sql sql, Arguments&&... arguments)
    {
        return execute_last(sql, params(std::forward<Arguments>(arguments)...));
    }

    virtual asio::awaitable<Rows> execute(Sql sql, Params params) = 0;
    virtual asio::awaitable<void> execute_later(Sql sql, Params params) { co_await execute(sql, std::move(params)); }
    virtual asio::awaitable<Rows> execute_last(Sql sql, Params params) { return execute(sql, std::move(params)); }
};

namespace detail {

template <class T>
struct AwaitedType;
template <class T>
struct AwaitedType<asio::awaitable<T>> {
    using type = T;
};
template <class Unit>
using UnitResult = typename AwaitedType<std::invoke_result_t<Unit&, Transaction&>>::type;

template <class T>
bool is_refusal(T const&)
{
    return false;
}
template <class T>
bool is_refusal(Result<T> const& result)
{
    return result.has_error();
}

// A unit of work without its type. It lives in the frame of the caller, who awaits.
class AnyUnit {
public:
    virtual ~AnyUnit() = default;
    virtual asio::awaitable<bool> run(Transaction& transaction) = 0; // true: keep; false: roll back.
};

template <class Unit>
class TypedUnit final : public AnyUnit {
public:
    explicit TypedUnit(Unit unit) : unit_(std::move(unit)) {}

    asio::awaitable<bool> run(Transaction& transaction) override
    {
        result_.reset();
        auto const& result = result_.emplace(co_await unit_(transaction));
        co_return !is_refusal(result);
    }

    UnitResult<Unit> take_result() { return required(std::move(result_)); }

private:
    Unit unit_;
    std::optional<UnitResult<Unit>> result_;
};

} // namespace detail

class Database {
public:
    virtual ~Database() = default;

    virtual Dialect dialect() const = 0;

    // What was asked before is still done (in a bounded time), later calls are refused with Unavailable. Blocks; may be repeated.
    virtual void close() = 0;

    // One statement that only reads. It sees every transaction whose transact() has returned anywhere in this process.
    template <class... Arguments>
    asio::awaitable<Rows> read(Sql sql, Arguments&&... arguments)
    {
        return read_rows(sql, params(std::forward<Arguments>(arguments)...));
    }

    // One statement in a transaction of its own; durable when it returns.
    template <class... Arguments>
    asio::awaitable<Rows> write(Sql sql, Arguments&&... arguments)
    {
        return write_rows(sql, params(std::forward<Arguments>(arguments)...));
    }

    // Several reads that see one moment. The unit returns asio::awaitable<T>; T must not be void. It may not write.
    template <class Unit>
    asio::awaitable<detail::UnitResult<Unit>> snapshot(Unit unit)
    {
        detail::TypedUnit<Unit> typed(std::move(unit));
        co_await run_snapshot(typed);
        co_return typed.take_result();
    }

    // One transaction; durable when it returns. The unit is a plain lambda that returns a named coroutine taking its arguments by
    // value: `co_await database.transact([user, text](Transaction& transaction) { return send(transaction, user, text); })`. It is rolled
    // back when the unit throws or returns a Result that is an error, and it may be run again from its start (PostgreSQL: serialization
    // failures).
    template <class Unit>
    asio::awaitable<detail::UnitResult<Unit>> transact(Unit unit)
    {
        detail::TypedUnit<Unit> typed(std::move(unit));
        co_await run_transaction(typed);
        co_return typed.take_result();
    }

    virtual asio::awaitable<Rows> read_rows(Sql sql, Params params) = 0;
    virtual asio::awaitable<Rows> write_rows(Sql sql, Params params) = 0;

protected:
    virtual asio::awaitable<void> run_snapshot(detail::AnyUnit& unit) = 0;
    virtual asio::awaitable<void> run_transaction(detail::AnyUnit& unit) = 0;
};

} // namespace pollux::db
