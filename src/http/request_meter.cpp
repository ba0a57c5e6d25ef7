#include "http/request_meter.hpp"

#include <algorithm>

namespace pollux::http {
namespace {

ops::Counter requests(std::string_view method, std::string_view path, std::string const& status)
{
    return {"pollux_http_requests_total",
            "Requests answered, by route and class of status.",
            {{"method", std::string(method)}, {"route", std::string(path)}, {"status", status}}};
}

} // namespace

RequestMeter::RouteMeter::RouteMeter(std::string_view method, std::string_view path)
    : by_status{requests(method, path, "1xx"), requests(method, path, "2xx"), requests(method, path, "3xx"), requests(method, path, "4xx"),
                requests(method, path, "5xx")},
      seconds("pollux_http_request_seconds", "From a request's head to the end of its answer; streams apart.",
              {{"method", std::string(method)}, {"route", std::string(path)}})
{}

RequestMeter::RequestMeter(Router const& router, Route const& pages, std::string const& listener)
    : connections_gauge_("pollux_http_connections", "Connections open.", [this] { return double(connections_.load()); },
                         {{"listener", listener}}),
      streams_gauge_("pollux_http_streams", "Event streams open.", [this] { return double(streams_.load()); }, {{"listener", listener}})
{
    routes_.emplace(nullptr, RouteMeter("-", "-"));
    routes_.emplace(&pages, RouteMeter(pages.method, pages.path));
    for (auto const& route : router.routes()) routes_.emplace(&route, RouteMeter(route.method, route.path));
}

void RequestMeter::count(Route const* route, int status, Kind kind, Steady::duration duration) const
{
    auto const& meter = routes_.at(route);
    meter.by_status[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].add();
    if (kind == Kind::answer) meter.seconds.observe(duration);
}

} // namespace pollux::http
