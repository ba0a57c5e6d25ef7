// What Prometheus asks, on a listener of its own (METRICS_LISTEN, WORKER_METRICS_LISTEN), so that it stays hidden from the world: /metrics,
// /livez, /readyz.
#pragma once

#include "app/system_routes.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "net/runtime.hpp"
#include "ops/metrics.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace pollux::app {

class MetricsServer {
public:
    MetricsServer(config::Config const& config, net::Runtime& runtime, SystemRoutes& system);

    // As http::Server's, unless METRICS_LISTEN is empty. An address that cannot be used is a warning in the log and no more.
    void bind();
    void unbind();
    void accept();

    void stop_accepting();
    bool drain(std::chrono::milliseconds limit);

private:
    http::Router router_;
    std::string_view const setting_;    // What says where it listens.
    limits::MemoryRateLimiter limiter_; // Never asked: the server wants one.
    ops::Gauge const build_info_;
    ops::Gauge const start_time_;
    ops::Gauge const memory_;
    ops::Gauge const descriptors_;
    std::optional<http::Server> server_;
};

} // namespace pollux::app
