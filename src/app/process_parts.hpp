// What every process of Pollux that stays has, whether it serves or only works, and its steps of the start and the stop. Who calls them
// in which order is application.cpp's.
#pragma once

#include "app/background.hpp"
#include "app/bus_parts.hpp"
#include "app/metrics_server.hpp"
#include "app/rooms.hpp"
#include "app/system_routes.hpp"
#include "base/clock.hpp"
#include "control/server.hpp"
#include "net/runtime.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace pollux::app {

class ProcessParts {
public:
    // Waits for PostgreSQL, as long as DATABASE_WAIT_SECONDS allows. Throws std::exception with one line for the operator.
    ProcessParts(config::Config const& config, Role role);

    void start_work() noexcept; // Replies are written, and what is to be done from time to time is done.
    // The replies that are being written get `replies_max`, the rest is handed back; streams and waits return.
    void stop_work(std::chrono::milliseconds replies_max);

    // The listeners beside the API: metrics, and the control socket of an embedded database. Neither's failure ends a start.
    void bind();
    void unbind();
    void accept();
    void drain(); // They take no connection any more, and those that are there end.

    // The database is closed, then the threads end. Does not return when something would not end: see `is_drained`.
    void stop_threads();

    bool is_drained = true; // Nothing is suspended any more on objects that are about to die.

private:
    Steady::time_point const wait_until_; // Of the start.

public:
    Clock clock;
    net::Runtime runtime;
    std::unique_ptr<db::Database> const opened;
    db::Database& database;
    BusParts bus;
    Rooms rooms;
    SystemRoutes system;
    MetricsServer metrics;
    std::optional<control::Server> control; // On PostgreSQL nobody needs it.

private:
    Background background_;
};

} // namespace pollux::app
