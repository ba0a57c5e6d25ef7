#include "db/sqlite/connection.hpp"

#include "db/content_refused.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace pollux::db::sqlite {
namespace {

// A reader waits for nobody in WAL mode, but for the rare moments when the log is restarted; the same for the writer.
constexpr int busy_timeout_ms = 1000;

// The log file is cut back to this after it grew.
constexpr char const* every_connection = "pragma trusted_schema = off; pragma temp_store = memory; pragma journal_size_limit = 67108864;";

void now_us(sqlite3_context* context, int, sqlite3_value**)
{
    auto const* clock = static_cast<Clock const*>(sqlite3_user_data(context));
    sqlite3_result_int64(context, micros(clock->now()));
}

int count_wal_pages(void* counter, sqlite3*, char const*, int pages)
{
    *static_cast<int*>(counter) = pages;
    return SQLITE_OK;
}

// Before SQLite's first use. It would count every allocation of the process under one lock, and nobody reads the count. Of its threading
// modes we need no more than "multi-thread": a connection belongs to one thread at a time. value_at() rests on it.
void prepare_library()
{
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    });
}

// Through sqlite3_value, because each sqlite3_column_* call finds and locks its column again: half of what reading a page of rows costs
// beside the search itself.
Value value_at(sqlite3_stmt* statement, int column)
{
    auto* cell = sqlite3_column_value(statement, column);
    switch (sqlite3_value_type(cell)) {
    case SQLITE_INTEGER: return std::int64_t(sqlite3_value_int64(cell));
    case SQLITE_FLOAT: return sqlite3_value_double(cell);
    case SQLITE_NULL: return {};
    default: break;
    }
    auto const* bytes = static_cast<char const*>(sqlite3_value_blob(cell));
    auto const length = static_cast<std::size_t>(sqlite3_value_bytes(cell));
    return bytes == nullptr ? std::string() : std::string(bytes, length);
}

// What the system last said of the write-ahead log. (sqlite3_system_errno() tells what errno is after the rollback.)
int last_errno_of_log(sqlite3* handle)
{
    sqlite3_file* log = nullptr;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    int reason = 0;
    if (log != nullptr && log->pMethods != nullptr) log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &reason);
    return reason;
}

// SQLite calls only ENOSPC "full"; a quota and a limit on the size of files (RLIMIT_FSIZE) are I/O errors to it.
bool is_for_want_of_space(int code, sqlite3* handle)
{
    if ((code & 0xff) == SQLITE_FULL) return true;
    if ((code & 0xff) != SQLITE_IOERR || handle == nullptr) return false;
    int const reason = last_errno_of_log(handle);
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

// A statement is put back to its start however it ended; its values belong to the caller.
struct ResetAtEnd {
    sqlite3_stmt* statement;
    ~ResetAtEnd()
    {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

} // namespace

void Connection::Close::operator()(sqlite3* handle) const
{
    sqlite3_close_v2(handle);
}

Connection::Connection(std::filesystem::path const& file, Role role, int cache_kib, Clock const& clock)
    : role_(role), wal_pages_(std::make_unique<int>(0))
{
    prepare_library();
    sqlite3* handle = nullptr;
    int const code = sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(code, "open " + file.string());

    sqlite3_busy_timeout(handle, busy_timeout_ms);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // PostgreSQL takes "x" for a name only; so do we.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    int const added = sqlite3_create_function_v2(handle, "now_us", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, const_cast<Clock*>(&clock), now_us,
                                                 nullptr, nullptr, nullptr);
    if (added != SQLITE_OK) fail(added, "add now_us()");

    run_script(every_connection);
    run_script("pragma cache_size = -" + std::to_string(cache_kib));
    if (role == Role::reader) {
        run_script("pragma query_only = on");
        return;
    }
    if (role == Role::copy) return;
    if (run("pragma journal_mode = wal").front().only().text() != "wal")
        throw Unavailable("the database cannot keep a write-ahead log here");
    run_script(role == Role::writer ? "pragma synchronous = full; pragma foreign_keys = on" : "pragma synchronous = full");
    // In place of the automatic checkpoint, which would run inside a COMMIT that somebody waits for.
    sqlite3_wal_hook(handle, count_wal_pages, wal_pages_.get());
}

Rows Connection::run(std::string_view sql, Params const& params)
{
    Statement* statement = statements_.find_or_prepare(handle_.get(), sql);
    if (statement == nullptr) fail(sqlite3_extended_errcode(handle_.get()), sql);
    if (statement->values != params.size()) {
        throw StatementError("the statement takes " + std::to_string(statement->values) + " values and was given " +
                             std::to_string(params.size()) + ": " + std::string(sql));
    }
    ResetAtEnd const at_end{statement->handle.get()};
    bind(*statement, params);
    return step(*statement);
}

void Connection::bind(Statement& statement, Params const& params)
{
    sqlite3_stmt* handle = statement.handle.get();
    int index = 0;
    for (std::size_t const value : statement.value_of) {
        ++index;
        Value const& param = params[value];
        int code = SQLITE_OK;
        if (auto const* integer = std::get_if<std::int64_t>(&param)) {
            code = sqlite3_bind_int64(handle, index, *integer);
        } else if (auto const* text = std::get_if<std::string>(&param)) {
            code = sqlite3_bind_text64(handle, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if (auto const* real = std::get_if<double>(&param)) {
            code = sqlite3_bind_double(handle, index, *real);
        } else {
            code = sqlite3_bind_null(handle, index);
        }
        if (code != SQLITE_OK) fail(code, sqlite3_sql(handle));
    }
}

Rows Connection::step(Statement& statement)
{
    sqlite3_stmt* handle = statement.handle.get();
    int const columns = sqlite3_column_count(handle);
    std::vector<Value> cells;
    int code = sqlite3_step(handle);
    for (; code == SQLITE_ROW; code = sqlite3_step(handle)) {
        // Most statements have one row; for the others, growing in large steps moves few cells.
        if (cells.size() == cells.capacity()) cells.reserve(std::max(cells.size() * 4, static_cast<std::size_t>(columns)));
        for (int column = 0; column < columns; ++column) cells.push_back(value_at(handle, column));
    }
    if (code != SQLITE_DONE) fail(code, sqlite3_sql(handle));
    std::int64_t const changed = statement.only_reads ? 0 : sqlite3_changes64(handle_.get());
    return Rows(static_cast<std::size_t>(columns), std::move(cells), changed);
}

void Connection::run_script(std::string const& sql)
{
    int const code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, sql);
}

bool Connection::in_transaction() const
{
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

void Connection::roll_back() noexcept
{
    if (in_transaction()) sqlite3_exec(handle_.get(), "rollback", nullptr, nullptr, nullptr);
}

bool Connection::breaks_deferred_foreign_key() const
{
    int broken = 0;
    int unused = 0;
    sqlite3_db_status(handle_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &unused, 0);
    return broken != 0;
}

void Connection::checkpoint() noexcept
{
    sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Connection::fail(int code, std::string_view doing) const
{
    constexpr std::size_t shown_bytes_max = 120;
    std::string message = "SQLite: ";
    message += handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    message += " (" + std::to_string(code) + ") in: ";
    message += doing.substr(0, shown_bytes_max);

    if (is_for_want_of_space(code, handle_.get())) throw Unavailable(message, Lack::space);
    switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: throw Unavailable(message);
    // To a reader this says that the statement writes; to a writer that the disk does not let it.
    case SQLITE_READONLY:
        if (role_ != Role::reader) throw Unavailable(message);
        break;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH: throw ContentRefused(message);
    default: break;
    }
    throw StatementError(message);
}

} // namespace pollux::db::sqlite
