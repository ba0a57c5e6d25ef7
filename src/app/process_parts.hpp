// What every process of Pollux that stays has, whether it serves or only works: built in one order, started and stopped in one order.
#pragma once

#include "app/background.hpp"
#include "app/bus_parts.hpp"
#include "app/metrics_server.hpp"
#include "app/rooms.hpp"
#include "app/system_routes.hpp"
#include "base/clock.hpp"
#include "net/runtime.hpp"

#include <chrono>
#include <memory>

namespace pollux::app {

class ProcessParts {
public:
    // Throws std::exception with one line for the operator.
    explicit ProcessParts(config::Config const& config);

    void start_threads(); // From here on requests can be answered.
    void start_work();    // Replies are written, and what is to be done from time to time is done.

    // Work ends: the replies that are being written get `replies_max`, the rest is handed back; streams and waits return.
    void stop_work(std::chrono::milliseconds replies_max);
    // Everything else, in the end the database. `is_drained`: nothing else runs any more. Does not return when something would not end.
    void end(bool is_drained);

    Clock clock;
    net::Runtime runtime;
    std::unique_ptr<db::Database> const opened;
    db::Database& database;
    BusParts bus;
    Rooms rooms;
    SystemRoutes system;

private:
    MetricsServer metrics_;
    Background background_;
};

} // namespace pollux::app
