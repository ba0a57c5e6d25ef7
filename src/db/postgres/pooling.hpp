// Somebody between us and PostgreSQL may give each transaction another session (PgBouncer with pool_mode=transaction and its like). Then
// prepared statements, settings, advisory locks and LISTEN get lost or go to strangers, and nothing here holds.
#pragma once

#include "db/postgres/libpq.hpp"

#include <string>

namespace pollux::db::postgres {

// `handle` was opened with `url`. Throws UnusableDatabase. Costs one round trip where there is no pooler.
void require_own_session(PGconn* handle, std::string const& url);

} // namespace pollux::db::postgres
