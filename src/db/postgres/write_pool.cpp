#include "db/postgres/write_pool.hpp"

#include "ops/failure.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pollux::db::postgres {

PoolOptions writes_pool(PostgresLimits const& limits)
{
    return {.use = Use::writes,
            .connections = limits.write_connections,
            .waiting_max = limits.waiting_max,
            .wait_max = limits.connection_wait_max,
            .refusal = "too many callers wait for a connection to PostgreSQL",
            .waits = {"pollux_db_wait_seconds", "For how long a write waited for a connection to PostgreSQL."}};
}

PoolOptions slow_reads_pool(PostgresLimits const& limits)
{
    return {.use = Use::slow_reads,
            .connections = limits.slow_reads.at_once,
            .waiting_max = limits.slow_reads.waiting_max,
            .wait_max = limits.slow_reads.wait_max,
            .refusal = too_many_slow_reads,
            .waits = {"pollux_db_slow_wait_seconds", "For how long a read that may take long waited for a connection to PostgreSQL."}};
}

asio::awaitable<Connected> WritePool::take()
{
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (!connection->is_open()) continue;
        options_.waits.observe(std::chrono::nanoseconds(0));
        co_return connection;
    }
    server_.require_present();
    // Those who wait for connections that are being opened, or may be, have theirs all but in hand.
    auto const to_come = growing_ + options_.connections - size_;
    if (waiting_.size() >= options_.waiting_max + to_come) throw Unavailable(options_.refusal);
    auto const began = Steady::now();
    auto connection = co_await wait_in_line();
    options_.waits.observe(Steady::now() - began);
    co_return connection;
}

asio::awaitable<Connected> WritePool::wait_in_line()
{
    Waiter waiter(server_.context());
    waiting_.push_back(&waiter);
    bool const is_room = size_ < options_.connections && growing_ < waiting_.size();
    if (is_room) {
        ++size_;
        ++growing_;
        asio::co_spawn(server_.context(), grow(), ops::must_not_fail);
    }
    waiter.timer.expires_after(options_.wait_max);
    boost::system::error_code cancelled;
    co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!waiter.is_called) {
        std::erase(waiting_, &waiter);
        throw Unavailable("all connections to PostgreSQL are busy");
    }
    if (waiter.failure) std::rethrow_exception(waiter.failure);
    if (!waiter.connection->is_open()) throw Unavailable("the connection to PostgreSQL ended");
    co_return std::move(waiter.connection);
}

asio::awaitable<void> WritePool::grow()
{
    auto connection = co_await server_.open(options_.use, [this] { on_end(); });
    --growing_;
    if (connection) {
        give_back(std::move(connection));
        co_return;
    }
    --size_;
    if (size_ > 0) co_return; // Another one will come free.
    auto const failure = std::make_exception_ptr(Unavailable("PostgreSQL cannot be reached: " + server_.last_refusal()));
    while (!waiting_.empty()) call_first(nullptr, failure);
}

void WritePool::on_end()
{
    --size_;
    std::erase_if(idle_, [](auto const& connection) { return !connection->is_open(); });
    // Somebody may wait for the one that is gone.
    if (waiting_.empty() || server_.is_closing() || !server_.away().empty()) return;
    ++size_;
    ++growing_;
    asio::co_spawn(server_.context(), grow(), ops::must_not_fail);
}

void WritePool::give_back(Connected connection)
{
    if (!connection->is_open()) return;
    if (waiting_.empty()) {
        idle_.push_back(std::move(connection));
    } else {
        call_first(std::move(connection), nullptr);
    }
}

void WritePool::close()
{
    auto const closed = std::make_exception_ptr(Unavailable("the database is closed"));
    while (!waiting_.empty()) call_first(nullptr, closed);
}

void WritePool::call_first(Connected connection, std::exception_ptr failure)
{
    auto* waiter = waiting_.front();
    waiting_.pop_front();
    waiter->is_called = true;
    waiter->connection = std::move(connection);
    waiter->failure = std::move(failure);
    waiter->timer.cancel();
}

} // namespace pollux::db::postgres
