#include "app/metrics_server.hpp"

#include "base/version.hpp"
#include "config/addresses.hpp"
#include "ops/log.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace pollux::app {
namespace {

constexpr std::size_t connections_max = 32; // A handful of programs ask.

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
    add_operator_health_routes(router, system);
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
    // A page that a browser of this machine has open may have its name resolved to this machine (DNS rebinding): no foreign name is
    // answered here. Others ask by whatever name they have.
    bool const is_loopback = config::is_loopback_host(listen.host);
    options.allowed_hosts = is_loopback ? std::vector<std::string>{"localhost", ".localhost", "127.0.0.1", "[::1]", listen.host}
                                        : std::vector<std::string>{"*"};
    options.health_asks_for_hosts = true;
    options.rate_limits = false;
    options.limits.connections_max = connections_max;
    return options;
}

Result<http::Identity> nobody(std::string_view)
{
    return unauthenticated("token_invalid", "There are no accounts here.");
}

} // namespace

MetricsServer::MetricsServer(config::Config const& config, net::Runtime& runtime, SystemRoutes& system)
    : router_(make_router(system)), setting_(system.role == Role::works ? "WORKER_METRICS_LISTEN" : "METRICS_LISTEN"),
      build_info_("pollux_build_info", "1, with the version.", [] { return 1.0; }, {{"version", std::string(version)}}),
      start_time_("process_start_time_seconds", "When the process began, in seconds since 1970.",
                  [started = seconds_since_1970()] { return started; }),
      memory_("process_resident_memory_bytes", "Memory that is resident.", resident_bytes),
      descriptors_("process_open_fds", "Descriptors that are open.", open_descriptors)
{
    if (config.metrics_listen) server_.emplace(runtime, router_, limiter_, nobody, options_of(*config.metrics_listen));
}

void MetricsServer::bind()
{
    if (!server_) return;
    try {
        server_->bind();
    } catch (http::CannotListen const& failure) {
        ops::log(ops::Level::warning, "metrics_off", {{"setting", setting_}, {"reason", failure.what()}});
        server_.reset();
    }
}

void MetricsServer::unbind()
{
    if (server_) server_->unbind();
}

void MetricsServer::accept()
{
    if (server_) server_->accept();
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
