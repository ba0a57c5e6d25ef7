#include "db/postgres/postgres_database.hpp"

#include "base/required.hpp"
#include "db/postgres/readers.hpp"
#include "db/postgres/transactions.hpp"
#include "net/hand_over.hpp"
#include "ops/failure.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <optional>
#include <thread>

#include <pthread.h>

namespace pollux::db {

using postgres::Isolation;

// The thread, everything that lives on it, and the way there and back.
class PostgresDatabase::Thread {
public:
    explicit Thread(PostgresOptions options)
        : server_(context_, std::move(options.url), options.limits), pool_(server_, postgres::writes_pool(server_.limits())),
          slow_pool_(server_, postgres::slow_reads_pool(server_.limits())), readers_(server_),
          transactions_(server_, pool_, server_.limits().call_max), slow_reads_(server_, slow_pool_, server_.limits().slow_reads.call_max),
          guard_(asio::make_work_guard(context_))
    {
        server_.start();
        readers_.start();
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "pollux-db");
            context_.run();
        });
    }

    ~Thread() { close(); }

    // Awaits `work` on this thread. A cancellation of the caller does not reach it.
    asio::awaitable<void> perform(asio::awaitable<void> work)
    {
        Call call;
        co_await net::hand_over([this, &call, &work](net::Resumption resume) {
            call.resume.emplace(std::move(resume));
            begin(call, std::move(work));
        });
        if (call.failure) std::rethrow_exception(call.failure);
    }

    asio::awaitable<void> read(std::string_view sql, Params params, Rows& rows)
    {
        auto const connection = co_await readers_.choose();
        postgres::Connection::Question question{.statements = {{sql, std::move(params)}},
                                                .deadline = Steady::now() + server_.limits().call_max};
        rows = co_await connection->ask(std::move(question));
    }

    asio::awaitable<void> write(std::string_view sql, Params params, Rows& rows)
    {
        rows = co_await transactions_.write(sql, std::move(params));
    }

    asio::awaitable<void> transact(detail::AnyUnit& unit, Isolation isolation) { return transactions_.run(unit, isolation); }

    asio::awaitable<void> read_slowly(std::string_view sql, Params params, Rows& rows)
    {
        rows = co_await slow_reads_.write(sql, std::move(params));
    }

    asio::awaitable<void> read_slowly(detail::AnyUnit& unit) { return slow_reads_.run(unit, Isolation::snapshot); }

    void listen(std::string channel, Listener listener)
    {
        asio::post(context_, [this, channel = std::move(channel), listener = std::move(listener)]() mutable {
            server_.listen(std::move(channel), std::move(listener));
        });
    }

    void close()
    {
        if (!thread_.joinable()) return;
        is_closing_ = true;
        asio::co_spawn(context_, finish(), ops::must_not_fail);
        thread_.join(); // Ends when nothing is left to do.
    }

private:
    // Lives in the frame of the caller, which `resume` owns.
    struct Call {
        std::exception_ptr failure;
        std::optional<net::Resumption> resume;
    };

    void begin(Call& call, asio::awaitable<void> work)
    {
        // Counted first: close() lets the thread go only when no call can be on its way to it.
        ++calls_;
        if (is_closing_) {
            call.failure = std::make_exception_ptr(Unavailable("the database is closed"));
            end(call);
            return;
        }
        asio::co_spawn(context_, std::move(work), [this, &call](std::exception_ptr thrown) {
            call.failure = std::move(thrown);
            end(call);
        });
    }

    void end(Call& call)
    {
        auto resume = required(std::move(call.resume));
        resume(); // The call is gone from here on.
        --calls_;
    }

    asio::awaitable<void> finish()
    {
        constexpr std::chrono::milliseconds look_every{2};
        auto const until = Steady::now() + server_.limits().close_max;
        while (calls_ > 0 && Steady::now() < until) co_await server_.pause(look_every);
        server_.close();
        readers_.close();
        pool_.close();
        slow_pool_.close();
        // A caller that is left is told so; it has to get away before the thread ends.
        asio::steady_timer timer(context_);
        while (calls_ > 0) {
            timer.expires_after(look_every);
            co_await timer.async_wait(asio::use_awaitable);
        }
        guard_.reset();
    }

    asio::io_context context_{1};
    postgres::Server server_;
    postgres::WritePool pool_;
    postgres::WritePool slow_pool_;
    postgres::Readers readers_;
    postgres::Transactions transactions_;
    postgres::Transactions slow_reads_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
    std::atomic<int> calls_ = 0;
    std::atomic<bool> is_closing_ = false;
};

PostgresDatabase::PostgresDatabase(PostgresOptions options) : thread_(std::make_unique<Thread>(std::move(options))) {}

PostgresDatabase::~PostgresDatabase() = default;

void PostgresDatabase::listen(std::string channel, Listener listener)
{
    thread_->listen(std::move(channel), std::move(listener));
}

void PostgresDatabase::close()
{
    thread_->close();
}

asio::awaitable<Rows> PostgresDatabase::read_rows(Sql sql, Params params)
{
    Rows rows;
    auto work = thread_->read(sql.text(Dialect::postgres), std::move(params), rows);
    co_await thread_->perform(std::move(work));
    co_return rows;
}

asio::awaitable<Rows> PostgresDatabase::read_rows_slowly(Sql sql, Params params)
{
    Rows rows;
    auto work = thread_->read_slowly(sql.text(Dialect::postgres), std::move(params), rows);
    co_await thread_->perform(std::move(work));
    co_return rows;
}

asio::awaitable<Rows> PostgresDatabase::write_rows(Sql sql, Params params)
{
    Rows rows;
    auto work = thread_->write(sql.text(Dialect::postgres), std::move(params), rows);
    co_await thread_->perform(std::move(work));
    co_return rows;
}

asio::awaitable<void> PostgresDatabase::run_snapshot(detail::AnyUnit& unit)
{
    auto work = thread_->transact(unit, Isolation::snapshot);
    co_await thread_->perform(std::move(work));
}

asio::awaitable<void> PostgresDatabase::run_snapshot_slowly(detail::AnyUnit& unit)
{
    auto work = thread_->read_slowly(unit);
    co_await thread_->perform(std::move(work));
}

asio::awaitable<void> PostgresDatabase::run_transaction(detail::AnyUnit& unit)
{
    auto work = thread_->transact(unit, Isolation::read_committed);
    co_await thread_->perform(std::move(work));
}

} // namespace pollux::db
