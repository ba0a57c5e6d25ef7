#include "app/system_routes.hpp"

#include "base/embedded_file.hpp"
#include "base/version.hpp"
#include "http/openapi.hpp"
#include "ops/log.hpp"

namespace pollux {
std::span<EmbeddedFile const> pollux_api_examples_files(); // api/examples.json
}

namespace pollux::app {
namespace {

using std::chrono::seconds;

// A reply that could be written has waited so long for somebody to write it: there are no workers, or too few.
constexpr seconds late_after{30};

struct Alive {
    std::string status;
};
POLLUX_DESCRIBE(Alive, (status))

struct Health {
    std::string status;
    std::string database;
    std::string redis;              // "ok", "not set", or "down" with the reason in brackets.
    std::string workers;            // "ok" or "late".
    Omittable<std::string> proxies; // Only where one seems to be missing in TRUSTED_PROXIES.
};
POLLUX_DESCRIBE(Health, (status, database, redis, workers, proxies))

// With whose health it is.
struct NodeHealth {
    std::string status;
    std::string role; // "serve" or "worker", as the commands are called.
    std::string database;
    std::string redis;
    std::string workers;
    Omittable<std::string> proxies;
};
POLLUX_DESCRIBE(NodeHealth, (status, role, database, redis, workers, proxies))

asio::awaitable<Result<Alive>> live(SystemRoutes&, http::Request const&)
{
    co_return Alive{"ok"};
}

asio::awaitable<bool> answers(db::Database& database)
{
    try {
        co_await database.read("select 1");
        co_return true;
    } catch (UnavailableError const& gone) {
        ops::log(ops::Level::warning, "not_ready", {{"reason", gone.what()}});
    }
    co_return false;
}

// With what Redis says ("READONLY ..."), or what is wrong with the connection: an operator asks this, and it holds no secret.
std::string redis_text(BusParts const& bus)
{
    std::string text(to_text(bus.redis_state()));
    if (bus.redis_state() != RedisState::down) return text;
    return text + " (" + bus.redis_reason() + ")";
}

asio::awaitable<Result<Health>> ready(SystemRoutes& system, http::Request const&)
{
    if (system.is_stopping) co_return unavailable("stopping", "This process is about to end; ask another.", seconds(5));
    auto const redis = redis_text(system.bus);
    std::string const workers = system.queue.oldest() < late_after ? "ok" : "late";
    bool const has_database = co_await answers(system.database);
    if (!has_database) {
        co_return unavailable("database_unavailable",
                              "The database does not answer; the log says why. The rest: redis " + redis + ", workers " + workers + ".",
                              seconds(1));
    }
    Health health{"ok", "ok", redis, workers, {}};
    bool const is_missed = system.sees_untrusted_proxy && system.sees_untrusted_proxy();
    if (is_missed) health.proxies.value = "not trusted: X-Forwarded-For comes from an address that TRUSTED_PROXIES does not name";
    co_return health;
}

asio::awaitable<Result<NodeHealth>> node_ready(SystemRoutes& system, http::Request const& request)
{
    auto health = co_await ready(system, request);
    if (!health) co_return health.error();
    std::string const role = system.role == Role::works ? "worker" : "serve";
    co_return NodeHealth{health->status, role, health->database, health->redis, health->workers, std::move(health->proxies)};
}

asio::awaitable<Result<http::Response>> openapi(SystemRoutes& system, http::Request const&)
{
    http::Response response;
    response.shared_body = system.describe_routes();
    co_return response;
}

http::RouteOptions open_route(std::string_view id, std::string_view summary, std::vector<std::string_view> errors = {})
{
    return {.id = id,
            .summary = summary,
            .tag = "system",
            .access = http::Access::open,
            .limits = http::RateClass::none,
            .errors = std::move(errors),
            .ignores_allowed_hosts = true};
}

template <class Handler>
void add_health_routes(http::Router& router, Handler handler, SystemRoutes& system)
{
    router.get("/health/", handler, system,
               open_route("health", "Check this server; whether it can serve, which takes its database, and what else is missing",
                          {"database_unavailable", "stopping"}));
    router.get("/readyz", handler, system,
               open_route("readyz", "Check readiness; the same as /health/, for load balancers", {"database_unavailable", "stopping"}));
    router.get("/livez", live, system, open_route("livez", "Check liveness; whether this process runs at all"));
}

} // namespace

void add_operator_health_routes(http::Router& router, SystemRoutes& system)
{
    add_health_routes(router, node_ready, system);
}

void add_system_routes(http::Router& router, SystemRoutes& system)
{
    add_health_routes(router, ready, system);
    router.get("/openapi.json", openapi, system, open_route("openapi", "Get this document"));
}

std::string openapi_document(http::Router const& router, std::string const& public_url)
{
    return http::openapi_document(
        router, {.title = "Pollux",
                 .version = std::string(version),
                 .description = "Sign up with a mobile number, log in with a one-time code, talk to a model in chatrooms whose replies "
                                "stream in. Every path is served with and without a slash at its end.",
                 .server_url = public_url,
                 .examples = pollux_api_examples_files().front().bytes});
}

} // namespace pollux::app
