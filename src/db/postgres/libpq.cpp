#include "db/postgres/libpq.hpp"

#include "base/text.hpp"
#include "db/content_refused.hpp"

#include <algorithm>
#include <array>

namespace pollux::db::postgres {
namespace {

enum class Meaning { conflict, unavailable, full, locked, content, wrong_statement };

struct Entry {
    std::string_view state; // An SQLSTATE, or a class of them: two characters.
    Meaning meaning;
};

// The first that fits counts. Whatever is not here is the statement's own fault.
constexpr std::array<Entry, 22> entries{{
    {"40001", Meaning::conflict},        // serialization_failure
    {"40P01", Meaning::conflict},        // deadlock_detected
    {"08P01", Meaning::wrong_statement}, // protocol_violation: the wrong number of values
    {"08", Meaning::unavailable},        // connection_exception
    {"22", Meaning::content},            // data_exception: no text, out of range
    {"23", Meaning::content},            // integrity_constraint_violation
    {"54000", Meaning::content},         // program_limit_exceeded: more than an index takes
    {"26000", Meaning::unavailable},     // The statement's preparation failed, or somebody between us and PostgreSQL forgot it.
    {"42P05", Meaning::unavailable},     // The same: this session has a statement of that name from somebody else.
    {"28", Meaning::unavailable},        // The password was changed, or so.
    {"3D", Meaning::unavailable},        // There is no such database (any more).
    {"53100", Meaning::full},            // disk_full
    {"53", Meaning::unavailable},        // Out of memory, too many connections.
    {"54001", Meaning::wrong_statement}, // statement_too_complex
    {"55P03", Meaning::locked},          // lock_not_available: lock_timeout
    {"57", Meaning::unavailable},        // Shutdown, statement timeout, still starting.
    {"58", Meaning::unavailable},        // I/O errors.
    {"25P03", Meaning::unavailable},     // idle_in_transaction_session_timeout
    {"F0", Meaning::unavailable},        // A broken configuration file.
    {"XX", Meaning::unavailable},        // Damaged data, an internal error.
    {"25006", Meaning::wrong_statement}, // read_only_sql_transaction: a snapshot or a read that writes.
    {"25P02", Meaning::wrong_statement}, // in_failed_sql_transaction
}};

Meaning meaning_of(std::string_view state)
{
    auto const* found = std::ranges::find_if(entries, [&](Entry const& entry) { return state.starts_with(entry.state); });
    return found == entries.end() ? Meaning::wrong_statement : found->meaning;
}

} // namespace

ConnectionEnd connection_end_of(PGresult const* result)
{
    // libpq's own errors have no state: it has lost the connection.
    if (PQresultErrorField(result, PG_DIAG_SQLSTATE) == nullptr) return ConnectionEnd::lost;
    auto const* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool const is_told = severity != nullptr && (std::string_view(severity) == "FATAL" || std::string_view(severity) == "PANIC");
    return is_told ? ConnectionEnd::told : ConnectionEnd::none;
}

std::exception_ptr failure_of(PGresult const* result, std::string_view sql)
{
    constexpr std::size_t shown_bytes_max = 120;
    auto const* state_field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    auto const* primary_field = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    // libpq's own errors have no state: the connection is broken.
    std::string_view const state = state_field == nullptr ? "08006" : state_field;
    std::string message = "PostgreSQL: ";
    message += primary_field == nullptr ? trim(PQresultErrorMessage(result)) : std::string_view(primary_field);
    message.append(" (").append(state).append(") in: ").append(trim(sql).substr(0, shown_bytes_max));

    switch (meaning_of(state)) {
    case Meaning::conflict: return std::make_exception_ptr(Conflict(message));
    case Meaning::unavailable: return std::make_exception_ptr(Unavailable(message));
    case Meaning::full: return std::make_exception_ptr(Unavailable(message, Lack::space));
    case Meaning::locked: return std::make_exception_ptr(Unavailable(message, Lack::turn));
    case Meaning::content: return std::make_exception_ptr(ContentRefused(message));
    case Meaning::wrong_statement: break;
    }
    return std::make_exception_ptr(StatementError(message));
}

std::string last_message(PGconn const* handle)
{
    std::string message(trim(PQerrorMessage(handle)));
    // Of several lines, the later ones begin with a tab.
    std::ranges::replace(message, '\n', ' ');
    std::erase(message, '\t');
    return message.empty() ? "the connection ended" : message;
}

} // namespace pollux::db::postgres
