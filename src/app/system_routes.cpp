#include "app/system_routes.hpp"

#include "base/version.hpp"
#include "http/openapi.hpp"

namespace pollux::app {
namespace {

struct Health {
    std::string status;
    std::string database;
};
BOOST_DESCRIBE_STRUCT(Health, (), (status, database))

asio::awaitable<Result<Health>> live(SystemRoutes&, http::Request const&)
{
    co_return Health{"ok", "not asked"};
}

asio::awaitable<Result<Health>> ready(SystemRoutes& system, http::Request const&)
{
    using std::chrono::seconds;
    if (system.is_stopping) co_return unavailable("stopping", "This process is about to end; ask another.", seconds(5));
    // A database that is gone throws, and the end of the request answers 503.
    co_await system.database.read("select 1");
    co_return Health{"ok", "ok"};
}

asio::awaitable<Result<http::Response>> openapi(SystemRoutes& system, http::Request const&)
{
    http::Response response;
    response.shared_body = system.openapi_json;
    co_return response;
}

http::RouteOptions open_route(std::string_view id, std::string_view summary)
{
    return {.id = id,
            .summary = summary,
            .tag = "system",
            .access = http::Access::open,
            .limits = http::RateClass::none,
            .ignores_allowed_hosts = true};
}

} // namespace

void add_health_routes(http::Router& router, SystemRoutes& system)
{
    router.get("/health/", ready, system, open_route("health", "Whether this process can serve: asks its database."));
    router.get("/readyz", ready, system, open_route("readyz", "The same as /health/, for load balancers."));
    router.get("/livez", live, system, open_route("livez", "Whether this process runs at all."));
}

void add_system_routes(http::Router& router, SystemRoutes& system)
{
    add_health_routes(router, system);
    router.get("/openapi.json", openapi, system, open_route("openapi", "This document."));
}

std::string openapi_document(http::Router const& router, std::string const& public_url)
{
    return http::openapi_document(
        router, {.title = "Pollux",
                 .version = std::string(version),
                 .description = "Sign up with a mobile number, log in with a one-time code, talk to a model in chatrooms whose replies "
                                "stream in. Every path is served with and without a slash at its end.",
                 .server_url = public_url});
}

} // namespace pollux::app
