// Counts requests by route for the operator: how many by status class, how long answers took, what is open right now.
#pragma once

#include "base/clock.hpp"
#include "http/router.hpp"
#include "ops/metrics.hpp"

#include <array>
#include <atomic>
#include <unordered_map>

namespace pollux::http {

class RequestMeter {
public:
    // `listener` names the server among those of the process.
    RequestMeter(Router const& router, Route const& pages, std::string const& listener);

    // `route` is null where none was found. A stream's duration says nothing about the server, so it is counted only.
    enum class Kind { answer, stream };
    void count(Route const* route, int status, Kind kind, Steady::duration duration) const;

    // For as long as it lives.
    class Open {
    public:
        explicit Open(std::atomic<std::int64_t>& count) : count_(count) { ++count_; }
        ~Open() { --count_; }
        Open(Open const&) = delete;
        Open& operator=(Open const&) = delete;

    private:
        std::atomic<std::int64_t>& count_;
    };
    Open connection() const { return Open(connections_); }
    Open stream() const { return Open(streams_); }

private:
    struct RouteMeter {
        RouteMeter(std::string_view method, std::string_view path);

        std::array<ops::Counter, 5> by_status; // 1xx to 5xx.
        ops::Timing seconds;
    };

    std::unordered_map<Route const*, RouteMeter> routes_;
    mutable std::atomic<std::int64_t> connections_ = 0;
    mutable std::atomic<std::int64_t> streams_ = 0;
    ops::Gauge const connections_gauge_;
    ops::Gauge const streams_gauge_;
};

} // namespace pollux::http
