#include "db/move/sqlite_source.hpp"

#include "base/text.hpp"
#include "db/columns.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace pollux::db {
namespace {

constexpr int cache_kib = 8 * 1024;
constexpr std::int64_t largest_sum = 1'000'000'000'000'000; // In place of one that is over 64 bits.

constexpr std::string_view tables_sql = R"sql(
    select name from sqlite_master where type = 'table' and name not like 'sqlite\_%' escape '\' and name <> 'schema_migrations' order by name
)sql";
constexpr std::string_view has_table_sql = "select 1 from sqlite_master where type = 'table' and name = $1";
constexpr std::string_view version_sql = "select coalesce(max(version), 0) from schema_migrations";

#define POLLUX_COLUMN_COLUMNS "name, pk"
namespace column {
enum : std::size_t { name, pk, count };
}
static_assert(columns_in(POLLUX_COLUMN_COLUMNS) == column::count);

constexpr std::string_view columns_sql = "select " POLLUX_COLUMN_COLUMNS " from pragma_table_info($1) order by cid";
constexpr std::string_view references_sql = "select distinct \"table\" from pragma_foreign_key_list($1)";
constexpr std::string_view sequence_sql = "select seq from sqlite_sequence where name = $1";

// Looked at before the lock, which would leave its file beside one that is not there.
std::filesystem::path const& existing(std::filesystem::path const& file)
{
    std::error_code failed;
    if (!std::filesystem::exists(file, failed)) throw Unavailable("there is no database " + file.string());
    return file;
}

// One row after the other, so that a table may be of any size.
class Cursor {
public:
    Cursor(sqlite::Connection& connection, std::string const& sql) : connection_(connection), sql_(sql)
    {
        int const code = sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &statement_, nullptr);
        if (code != SQLITE_OK) connection.fail(code, sql);
        row_.resize(static_cast<std::size_t>(sqlite3_column_count(statement_)));
    }
    ~Cursor() { sqlite3_finalize(statement_); }
    Cursor(Cursor const&) = delete;

    bool next()
    {
        int const code = sqlite3_step(statement_);
        if (code == SQLITE_DONE) return false;
        if (code != SQLITE_ROW) connection_.fail(code, sql_);
        for (std::size_t column = 0; column < row_.size(); ++column) row_[column] = cell(static_cast<int>(column));
        return true;
    }
    std::span<Value const> row() const { return row_; }

private:
    Value cell(int column)
    {
        switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_NULL: return {};
        case SQLITE_INTEGER: return std::int64_t(sqlite3_column_int64(statement_, column));
        case SQLITE_FLOAT: return number(column);
        default: break;
        }
        auto const* bytes = static_cast<char const*>(sqlite3_column_blob(statement_, column));
        auto const length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return bytes == nullptr ? std::string() : std::string(bytes, length);
    }

    // A real in a column of integers is a sum that has left 64 bits; PostgreSQL's column would refuse it.
    Value number(int column)
    {
        auto const real = sqlite3_column_double(statement_, column);
        auto const* declared = sqlite3_column_decltype(statement_, column);
        bool const is_of_integers = declared != nullptr && lower_ascii(declared).find("int") != std::string_view::npos;
        if (!is_of_integers) return real;
        return real > 0 ? largest_sum : std::int64_t(0);
    }

    sqlite::Connection& connection_;
    std::string const sql_;
    sqlite3_stmt* statement_ = nullptr;
    std::vector<Value> row_;
};

} // namespace

SqliteSource::SqliteSource(std::filesystem::path const& file)
try : lock_(existing(file)), connection_(file, sqlite::Role::reader, cache_kib, clock_) {
    connection_.run("begin");
} catch (std::system_error const& failure) {
    throw Unavailable(failure.what());
}

int SqliteSource::schema_version()
{
    if (connection_.run(has_table_sql, params("schema_migrations")).empty()) return 0;
    return static_cast<int>(connection_.run(version_sql).front().only().integer());
}

std::vector<MoveTable> SqliteSource::tables()
{
    auto const names = connection_.run(tables_sql);
    std::vector<MoveTable> waiting;
    for (std::size_t index = 0; index < names.size(); ++index) waiting.push_back(describe(names[index].only().text()));

    std::vector<MoveTable> ordered;
    while (!waiting.empty()) {
        auto const next = std::ranges::find_if(waiting, [&](MoveTable const& table) {
            return std::ranges::none_of(table.references, [&](std::string const& other) {
                return other != table.name && std::ranges::find(waiting, other, &MoveTable::name) != waiting.end();
            });
        });
        if (next == waiting.end()) throw StatementError("the tables reference each other in a circle, at " + waiting.front().name);
        ordered.push_back(std::move(*next));
        waiting.erase(next);
    }
    return ordered;
}

MoveTable SqliteSource::describe(std::string name)
{
    MoveTable table{.name = std::move(name)};
    auto const columns = connection_.run(columns_sql, params(table.name));
    for (std::size_t index = 0; index < columns.size(); ++index) table.columns.push_back(columns[index].text(column::name));

    auto const references = connection_.run(references_sql, params(table.name));
    for (std::size_t index = 0; index < references.size(); ++index) table.references.push_back(references[index].only().text());

    // SQLite makes sqlite_sequence with the first table that numbers itself, and a row in it with the table's first number.
    if (connection_.run(has_table_sql, params("sqlite_sequence")).empty()) return table;
    auto const sequence = connection_.run(sequence_sql, params(table.name));
    if (sequence.empty()) return table;
    table.last_identity = sequence.front().only().integer();
    for (std::size_t index = 0; index < columns.size(); ++index) {
        if (columns[index].integer(column::pk) == 1) table.identity = columns[index].text(column::name);
    }
    return table;
}

std::int64_t SqliteSource::count(MoveTable const& table)
{
    Cursor cursor(connection_, "select count(*) from " + quoted(table.name));
    cursor.next();
    return std::get<std::int64_t>(cursor.row().front());
}

void SqliteSource::for_each_row(MoveTable const& table, std::function<void(std::span<Value const>)> const& take)
{
    Cursor cursor(connection_, "select " + column_list(table) + " from " + quoted(table.name));
    while (cursor.next()) take(cursor.row());
}

} // namespace pollux::db
