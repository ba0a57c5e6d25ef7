#include "db/move/postgres_target.hpp"

#include "base/text.hpp"

#include <array>
#include <charconv>

namespace pollux::db {
namespace {

constexpr std::size_t copy_bytes = 256 * 1024; // Sent at once.
constexpr int rows_fetched = 500;              // Read back at once.
constexpr char const* lock_wait_sql = "set local lock_timeout = '10s'";

constexpr char const* raise_sql = R"sql(
    select setval(sequence, greatest($3, coalesce(pg_sequence_last_value(sequence), 1)))
    from (select pg_get_serial_sequence($1, $2)::regclass as sequence) of_column
)sql";

std::string copy_sql(MoveTable const& table)
{
    return "copy " + quoted(table.name) + " (" + column_list(table) + ") from stdin";
}

template <class Number>
void append_number(std::string& line, Number number)
{
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    line.append(digits.data(), end);
}

// The text format of COPY: https://www.postgresql.org/docs/15/sql-copy.html, "Text Format".
void append_cell(std::string& line, Value const& value)
{
    if (auto const* integer = std::get_if<std::int64_t>(&value)) return append_number(line, *integer);
    if (auto const* real = std::get_if<double>(&value)) return append_number(line, *real);
    auto const* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        line += "\\N";
        return;
    }
    for (char const c : *text) {
        switch (c) {
        case '\\': line += "\\\\"; break;
        case '\t': line += "\\t"; break;
        case '\n': line += "\\n"; break;
        case '\r': line += "\\r"; break;
        default: line += c;
        }
    }
}

} // namespace

bool PostgresTarget::is_filled(MoveTable const& table)
{
    auto const name = quoted(table.name);
    if (session_.run("select 1 where to_regclass($1) is not null", params(name)).empty()) return false;
    return !session_.run("select 1 from " + name + " limit 1").empty();
}

void PostgresTarget::begin(std::vector<MoveTable> const& tables)
{
    names_.clear();
    for (auto const& table : tables) names_ += (names_.empty() ? "" : ", ") + quoted(table.name);
    session_.run("begin");
    session_.run(lock_wait_sql);
    session_.run("lock table " + names_ + " in exclusive mode");
}

void PostgresTarget::clear(MoveTable const& table)
{
    session_.run("delete from " + quoted(table.name));
}

void PostgresTarget::begin_copy(MoveTable const& table)
{
    row_ = 0;
    session_.begin_copy(copy_sql(table));
}

void PostgresTarget::put(MoveTable const& table, std::span<Value const> row)
{
    ++row_;
    for (std::size_t column = 0; column < row.size(); ++column) {
        auto const* text = std::get_if<std::string>(&row[column]);
        bool const has_zero = text != nullptr && text->find('\0') != std::string::npos;
        if (has_zero || (text != nullptr && !is_utf8(*text))) {
            auto const* id = std::get_if<std::int64_t>(&row.front());
            std::string const which = id != nullptr ? table.columns.front() + " = " + std::to_string(*id) : "row " + std::to_string(row_);
            throw StatementError("table " + table.name + ", " + which + ": " + table.columns[column] + " holds " +
                                 (has_zero ? "U+0000" : "bytes that are not UTF-8") + ", which PostgreSQL cannot store");
        }
        if (column > 0) lines_ += '\t';
        append_cell(lines_, row[column]);
    }
    lines_ += '\n';
    if (lines_.size() < copy_bytes) return;
    session_.put_copy(lines_);
    lines_.clear();
}

void PostgresTarget::end_copy(MoveTable const& table)
{
    session_.put_copy(lines_);
    lines_.clear();
    session_.end_copy(copy_sql(table));
}

void PostgresTarget::raise_identity(MoveTable const& table)
{
    session_.run(raise_sql, params(quoted(table.name), table.identity, table.last_identity));
}

Tally PostgresTarget::tally(MoveTable const& table)
{
    session_.run("declare moved no scroll cursor for select " + column_list(table) + " from " + quoted(table.name));
    std::string const fetch_sql = "fetch " + std::to_string(rows_fetched) + " from moved";
    Tally tally;
    for (;;) {
        auto const cells = session_.run_for_cells(fetch_sql);
        if (cells.empty()) break;
        auto const columns = table.columns.size();
        for (std::size_t at = 0; at < cells.size(); at += columns) tally.add(std::span(cells).subspan(at, columns));
    }
    session_.run("close moved");
    return tally;
}

void PostgresTarget::commit()
{
    session_.run("analyze " + names_);
    session_.run("commit");
}

} // namespace pollux::db
