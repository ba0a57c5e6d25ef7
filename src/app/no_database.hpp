// For programs that want the list of routes and never call one.
#pragma once

#include "db/database.hpp"

namespace pollux::app {

namespace asio = boost::asio;

class NoDatabase final : public db::Database {
public:
    db::Dialect dialect() const override { return db::Dialect::sqlite; }
    void close() override {}
    asio::awaitable<db::Rows> read_rows(db::Sql, db::Params) override { throw db::Unavailable("there is no database here"); }
    asio::awaitable<db::Rows> write_rows(db::Sql, db::Params) override { throw db::Unavailable("there is no database here"); }

protected:
    asio::awaitable<void> run_snapshot(db::detail::AnyUnit&) override { throw db::Unavailable("there is no database here"); }
    asio::awaitable<void> run_transaction(db::detail::AnyUnit&) override { throw db::Unavailable("there is no database here"); }
};

} // namespace pollux::app
