#include "db/sqlite/sqlite_database.hpp"

#include "db/sqlite/backup.hpp"
#include "db/sqlite/straight_through.hpp"

#include <system_error>

namespace pollux::db {
namespace {

using sqlite::Connection;

// The handle that a unit gets. After a statement has failed the unit is over: the next statements fail as well, as PostgreSQL has it.
// (SQLite would go on, even outside of a transaction where the failure has rolled it back.)
class SqliteTransaction final : public Transaction {
public:
    explicit SqliteTransaction(Connection& connection) : connection_(connection) {}

    asio::awaitable<Rows> execute(Sql sql, Params params) override
    {
        if (failed_) throw StatementError("a statement of this unit has failed before; nothing more can be done in it");
        failed_ = true;
        Rows rows = connection_.run(sql.text(Dialect::sqlite), params);
        failed_ = false;
        co_return rows;
    }

    void require_success() const
    {
        if (failed_) throw StatementError("a unit went on after one of its statements had failed");
    }

private:
    Connection& connection_;
    bool failed_ = false;
};

class TransactionUnit final : public sqlite::Unit {
public:
    explicit TransactionUnit(detail::AnyUnit& body) : body_(body) {}

    asio::awaitable<bool> run(Connection& connection) override
    {
        SqliteTransaction transaction(connection);
        bool const keep = co_await body_.run(transaction);
        if (keep) transaction.require_success();
        co_return keep;
    }

private:
    detail::AnyUnit& body_;
};

class StatementUnit final : public sqlite::Unit {
public:
    StatementUnit(Sql sql, Params params) : sql_(sql), params_(std::move(params)) {}

    asio::awaitable<bool> run(Connection& connection) override
    {
        rows = connection.run(sql_.text(Dialect::sqlite), params_);
        co_return true;
    }

    Rows rows;

private:
    Sql sql_;
    Params params_;
};

// Every statement of it sees the same moment.
asio::awaitable<void> read_moment(Connection& connection, detail::AnyUnit& unit)
{
    SqliteTransaction transaction(connection);
    co_await unit.run(transaction);
}

void read_snapshot(sqlite::Reader& reader, detail::AnyUnit& unit)
{
    reader.connection.run("begin");
    try {
        sqlite::run_straight_through(reader.loop, read_moment(reader.connection, unit));
    } catch (...) {
        reader.connection.roll_back();
        throw;
    }
    reader.connection.roll_back();
}

SqliteOptions checked(SqliteOptions options)
{
    static Clock const system_clock;
    if (options.clock == nullptr) options.clock = &system_clock;
    return options;
}

// The folder must be there before the lock, the lock before the file.
std::filesystem::path const& with_folder(std::filesystem::path const& file)
{
    sqlite::prepare_folder(file);
    return file;
}

Connection open_writer(SqliteOptions const& options)
{
    sqlite::prepare_file(options.file);
    return Connection(options.file, sqlite::Role::writer, options.writer_cache_kib, *options.clock);
}

} // namespace

SqliteDatabase::SqliteDatabase(SqliteOptions options)
try
    : options_(checked(std::move(options))), lock_(with_folder(options_.file)), writer_(open_writer(options_), options_.writer),
      readers_(options_.file, options_.reader_cache_kib, *options_.clock),
      slow_readers_(options_.file, options_.reader_cache_kib, *options_.clock, options_.slow_reads) {
} catch (std::system_error const& failure) {
    throw Unavailable(failure.what());
}

SqliteDatabase::~SqliteDatabase() = default;

asio::awaitable<Rows> SqliteDatabase::read_rows(Sql sql, Params params)
{
    sqlite::refuse_inside_of_unit();
    co_return readers_.mine().connection.run(sql.text(Dialect::sqlite), params);
}

asio::awaitable<Rows> SqliteDatabase::read_rows_slowly(Sql sql, Params params)
{
    sqlite::refuse_inside_of_unit();
    Rows rows;
    auto const read = [&rows, sql, &params](sqlite::Reader& reader) { rows = reader.connection.run(sql.text(Dialect::sqlite), params); };
    co_await slow_readers_.perform(read);
    co_return rows;
}

asio::awaitable<Rows> SqliteDatabase::write_rows(Sql sql, Params params)
{
    sqlite::refuse_inside_of_unit();
    StatementUnit unit(sql, std::move(params));
    co_await writer_.perform(unit);
    co_return std::move(unit.rows);
}

asio::awaitable<void> SqliteDatabase::run_snapshot(detail::AnyUnit& unit)
{
    sqlite::refuse_inside_of_unit();
    read_snapshot(readers_.mine(), unit);
    co_return;
}

asio::awaitable<void> SqliteDatabase::run_snapshot_slowly(detail::AnyUnit& unit)
{
    sqlite::refuse_inside_of_unit();
    co_await slow_readers_.perform([&unit](sqlite::Reader& reader) { read_snapshot(reader, unit); });
}

asio::awaitable<void> SqliteDatabase::run_transaction(detail::AnyUnit& unit)
{
    sqlite::refuse_inside_of_unit();
    TransactionUnit work(unit);
    co_await writer_.perform(work);
}

void SqliteDatabase::close()
{
    slow_readers_.close();
    writer_.close();
}

void SqliteDatabase::backup_to(std::filesystem::path const& target) const
{
    sqlite::copy_database(options_.file, target);
}

} // namespace pollux::db
