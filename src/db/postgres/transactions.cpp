#include "db/postgres/transactions.hpp"

#include "base/failpoint.hpp"

#include <random>
#include <utility>
#include <vector>

namespace pollux::db::postgres {
namespace {

constexpr std::string_view begin_sql = "begin";
constexpr std::string_view begin_snapshot_sql = "begin isolation level repeatable read read only";
constexpr std::string_view commit_sql = "commit";
constexpr std::string_view rollback_sql = "rollback";

// For a caller that was to be told that it is committed, and was not.
Unavailable in_doubt(ConnectionLost const& failure)
{
    auto const why = std::string("the answer to COMMIT was lost; what was asked may or may not have happened: ") + failure.what();
    return Unavailable(why, Lack::outcome);
}

// A connection that goes back to its pool however its user ends.
class Lease {
public:
    Lease(WritePool& pool, Connected connection) : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(Lease const&) = delete;

    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }

private:
    WritePool& pool_;
    Connected connection_;
};

// The handle that a unit gets. After a statement has failed the unit is over, as PostgreSQL has it.
class PostgresTransaction final : public Transaction {
public:
    PostgresTransaction(Connection& connection, std::string_view begin, Steady::time_point deadline)
        : connection_(connection), begin_(begin), deadline_(deadline)
    {}

    asio::awaitable<Rows> execute(Sql sql, Params params) override
    {
        push(sql.text(Dialect::postgres), std::move(params));
        auto const wanted = waiting_.size() - 1;
        return send(wanted);
    }

    asio::awaitable<void> execute_later(Sql sql, Params params) override
    {
        push(sql.text(Dialect::postgres), std::move(params));
        co_return;
    }

    asio::awaitable<Rows> execute_last(Sql sql, Params params) override
    {
        push(sql.text(Dialect::postgres), std::move(params));
        auto const wanted = waiting_.size() - 1;
        return commit(wanted);
    }

    // COMMIT, with whatever was to be done later; the rows of statement `wanted` of those that wait.
    asio::awaitable<Rows> commit(std::size_t wanted)
    {
        failpoint("db_before_commit");
        push(commit_sql, {});
        try {
            auto rows = co_await send(wanted);
            has_committed_ = true;
            failpoint("db_after_commit");
            co_return rows;
        } catch (ConnectionLost const& failure) {
            throw in_doubt(failure);
        }
    }

    bool has_begun() const { return has_begun_; }
    bool has_changes() const { return has_begun_ || !waiting_.empty(); }
    bool has_committed() const { return has_committed_; }
    bool has_failed() const { return failed_; }
    bool met_conflict() const { return met_conflict_; }

private:
    void push(std::string_view sql, Params params)
    {
        if (has_committed_) throw StatementError("nothing more can be done in a unit after its last statement");
        if (!has_begun_ && waiting_.empty()) waiting_.push_back({.sql = begin_});
        waiting_.push_back({.sql = sql, .params = std::move(params)});
    }

    asio::awaitable<Rows> send(std::size_t wanted)
    {
        if (failed_) throw StatementError("a statement of this unit has failed before; nothing more can be done in it");
        if (Steady::now() >= deadline_) throw Unavailable("the transaction took too long");
        failed_ = true;
        has_begun_ = true;
        Connection::Question question{.statements = std::exchange(waiting_, {}), .wanted = wanted, .deadline = deadline_};
        try {
            auto rows = co_await connection_.ask(std::move(question));
            failed_ = false;
            co_return rows;
        } catch (Conflict const&) {
            met_conflict_ = true;
            throw;
        }
    }

    Connection& connection_;
    std::string_view begin_;
    Steady::time_point deadline_;
    std::vector<Connection::Statement> waiting_; // They go out with the next one whose answer is wanted.
    bool has_begun_ = false;
    bool has_committed_ = false;
    bool failed_ = false;
    bool met_conflict_ = false;
};

std::chrono::microseconds some_of(std::chrono::microseconds most)
{
    thread_local std::minstd_rand random{std::random_device()()};
    return std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random));
}

} // namespace

asio::awaitable<void> Transactions::run(detail::AnyUnit& unit, Isolation isolation)
{
    auto const deadline = Steady::now() + call_max_;
    for (int tries = 1;; ++tries) {
        auto const ending = co_await try_once(unit, isolation, deadline);
        if (ending == Ending::done) co_return;
        co_await before_next_try(tries, deadline);
    }
}

asio::awaitable<Transactions::Ending> Transactions::try_once(detail::AnyUnit& unit, Isolation isolation, Steady::time_point deadline)
{
    auto connection = co_await pool_.take();
    Lease const lease(pool_, std::move(connection));
    PostgresTransaction transaction(*lease, isolation == Isolation::snapshot ? begin_snapshot_sql : begin_sql, deadline);

    bool keep = false;
    std::exception_ptr failure;
    try {
        keep = co_await unit.run(transaction);
        if (keep && transaction.has_failed()) {
            keep = false;
            failure = std::make_exception_ptr(StatementError("a unit went on after one of its statements had failed"));
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (transaction.has_committed()) {
        if (failure) std::rethrow_exception(failure);
        co_return Ending::done;
    }
    if (keep && transaction.has_changes() && isolation != Isolation::snapshot) {
        try {
            co_await transaction.commit(0);
            co_return Ending::done;
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (transaction.has_begun()) lease->tell(rollback_sql, Steady::now() + call_max_);
    if (transaction.met_conflict()) co_return Ending::conflict;
    if (failure) std::rethrow_exception(failure);
    co_return Ending::done;
}

asio::awaitable<Rows> Transactions::write(std::string_view sql, Params params)
{
    auto const deadline = Steady::now() + call_max_;
    for (int tries = 1;; ++tries) {
        {
            auto connection = co_await pool_.take();
            Lease const lease(pool_, std::move(connection));
            Connection::Question question{.statements = {{sql, params}}, .deadline = deadline};
            try {
                co_return co_await lease->ask(std::move(question));
            } catch (Conflict const&) {
            } catch (ConnectionLost const& failure) {
                throw in_doubt(failure);
            }
        }
        co_await before_next_try(tries, deadline);
    }
}

// Those who met each other should not meet again.
asio::awaitable<void> Transactions::before_next_try(int tries, Steady::time_point deadline)
{
    bool const is_last = tries >= server_.limits().tries_max || Steady::now() >= deadline;
    if (is_last) throw Unavailable("the transaction met conflicts with others again and again");
    auto const wait = some_of(std::chrono::milliseconds(4) * tries * tries);
    co_await server_.pause(std::chrono::ceil<std::chrono::milliseconds>(wait));
}

} // namespace pollux::db::postgres
