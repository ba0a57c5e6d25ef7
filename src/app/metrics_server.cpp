#include "app/metrics_server.hpp"

#include "base/version.hpp"
#include "ops/log.hpp"

#include <boost/system/system_error.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace pollux::app {
namespace {

asio::awaitable<Result<http::Response>> metrics(SystemRoutes&, http::Request const&)
{
    http::Response response;
    response.content_type = ops::metrics_type;
    response.body = ops::metrics_text();
    co_return response;
}

http::Router make_router(SystemRoutes& system)
{
    http::Router router;
    add_health_routes(router, system);
    http::RouteOptions options{.id = "metrics", .summary = "What the process counts.", .tag = "system", .access = http::Access::open};
    options.limits = http::RateClass::none;
    router.get("/metrics", metrics, system, options);
    return router;
}

double seconds_since_1970()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// proc(5): the second number of statm is the resident pages.
double resident_bytes()
{
    std::ifstream file("/proc/self/statm");
    double size = 0;
    double resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors()
{
    std::error_code gone;
    std::filesystem::directory_iterator const entries("/proc/self/fd", gone);
    return static_cast<double>(std::distance(begin(entries), end(entries)));
}

http::ServerOptions options_of(config::Endpoint const& listen)
{
    http::ServerOptions options;
    options.name = "metrics";
    options.address = listen.host;
    options.port = listen.port;
    options.allowed_hosts = {"*"};
    options.rate_limits = false;
    return options;
}

Result<http::Identity> nobody(std::string_view)
{
    return unauthenticated("token_invalid", "There are no accounts here.");
}

} // namespace

MetricsServer::MetricsServer(config::Config const& config, net::Runtime& runtime, SystemRoutes& system)
    : router_(make_router(system)),
      build_info_("pollux_build_info", "1, with the version.", [] { return 1.0; }, {{"version", std::string(version)}}),
      start_time_("process_start_time_seconds", "When the process began, in seconds since 1970.",
                  [started = seconds_since_1970()] { return started; }),
      memory_("process_resident_memory_bytes", "Memory that is resident.", resident_bytes),
      descriptors_("process_open_fds", "Descriptors that are open.", open_descriptors)
{
    if (!config.metrics_listen) return;
    server_.emplace(runtime, router_, limiter_, nobody, options_of(*config.metrics_listen));
    try {
        server_->listen();
    } catch (boost::system::system_error const& taken) {
        ops::log(ops::Level::warning, "metrics_off", {{"listen", config::to_text(*config.metrics_listen)}, {"reason", taken.what()}});
        server_.reset();
    }
}

void MetricsServer::stop_accepting()
{
    if (server_) server_->stop_accepting();
}

bool MetricsServer::drain(std::chrono::milliseconds limit)
{
    return !server_ || server_->drain(limit);
}

} // namespace pollux::app
