// What every file of this folder needs of libpq: owners of its objects, and its errors told apart in one place.
#pragma once

#include "db/database.hpp"

#include <libpq-fe.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace pollux::db::postgres {

struct EndHandle {
    void operator()(PGconn* handle) const { PQfinish(handle); }
};
struct EndResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Handle = std::unique_ptr<PGconn, EndHandle>;
using PgResult = std::unique_ptr<PGresult, EndResult>;

// The transaction met another one (serialization failure, deadlock). From its start it may go well.
class Conflict : public Unavailable {
    using Unavailable::Unavailable;
};

// The connection ended before the answer came: whether the question was carried out is not known.
class ConnectionLost : public Unavailable {
    using Unavailable::Unavailable;
};

// Whether PostgreSQL, or libpq for it, says with this error that the connection is over.
enum class ConnectionEnd { none, told, lost };
ConnectionEnd connection_end_of(PGresult const* result);

// Unavailable (Conflict among them) or StatementError, for a result that is an error. Tells the server's primary message, never its
// detail, which quotes values.
std::exception_ptr failure_of(PGresult const* result, std::string_view sql);

// What libpq says last of the connection, in one line.
std::string last_message(PGconn const* handle);

} // namespace pollux::db::postgres
