#include "app/application.hpp"

#include "app/blocking.hpp"
#include "app/no_database.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "app/process_parts.hpp"
#include "base/secrets.hpp"
#include "http/server.hpp"
#include "net/http_client.hpp"
#include "ops/log.hpp"

#include <thread>

namespace pollux::app {
namespace {

using std::chrono::seconds;

constexpr seconds replies_stop_max{20};
constexpr seconds requests_stop_max{3};

asio::awaitable<Result<accounts::User>> make_superuser(Rooms* rooms, std::string mobile, std::optional<std::string> password)
{
    co_return co_await rooms->accounts.create_superuser(std::move(mobile), std::move(password));
}

// The first call over TLS would otherwise read them on an I/O thread; without a key there is no such call, and no need of the memory.
std::jthread preload_certificates(config::Config const& config)
{
    return std::jthread([is_needed = config.gemini_api_key.has_value()] {
        if (is_needed) net::preload_certificates();
    });
}

} // namespace

int serve(config::Config const& config, std::function<void(std::uint16_t port)> on_listening)
{
    auto signals = block_stop_signals();
    prepare_process(config);
    if (!await_database(config)) return 0;
    ProcessParts parts(config);

    http::Router router;
    parts.rooms.add_routes(router);
    add_system_routes(router, parts.system);
    parts.system.openapi_json = std::make_shared<std::string const>(openapi_document(router, config.public_url));

    auto authenticator = parts.rooms.accounts.authenticator();
    http::Server server(parts.runtime, router, parts.bus.rate_limiter(), std::move(authenticator), server_options(config));
    parts.start_threads();
    server.listen();
    parts.start_work();
    on_listening(server.port());
    auto const certificates = preload_certificates(config);

    wait_for_stop(signals);
    ops::log(ops::Level::info, "stopping");
    parts.system.is_stopping = true;
    server.announce_stop();
    std::this_thread::sleep_for(config.stop_delay()); // A load balancer asks /readyz and leaves.
    server.stop_accepting();
    parts.stop_work(replies_stop_max - config.stop_delay());
    parts.end(server.drain(requests_stop_max));
    return 0;
}

int work(config::Config const& config, std::function<void()> on_ready)
{
    auto signals = block_stop_signals();
    prepare_process(config);
    if (!await_database(config)) return 0;
    auto as_worker = config;
    as_worker.workers = config::Workers::internal;
    ProcessParts parts(as_worker);
    parts.start_threads();
    parts.start_work();
    on_ready();
    auto const certificates = preload_certificates(config);

    wait_for_stop(signals);
    ops::log(ops::Level::info, "stopping");
    parts.system.is_stopping = true;
    parts.stop_work(replies_stop_max);
    parts.end(true);
    return 0;
}

db::Migrated migrate(config::Config const& config)
{
    configure_log(config);
    return migrate_database(config);
}

Result<accounts::User> create_superuser(config::Config const& config, std::string mobile, std::optional<std::string> password)
{
    prepare_process(config);
    Clock clock;
    net::Runtime runtime(1);
    auto const database = open_database(config, clock);
    auto without_worker = config;
    without_worker.workers = config::Workers::external;
    without_worker.redis_url = std::nullopt;
    BusParts bus(without_worker, *database, runtime);
    Rooms rooms(without_worker, secret_key(config), *database, bus, runtime, clock);
    return run_blocking(runtime.context(0), make_superuser(&rooms, std::move(mobile), std::move(password)));
}

std::string openapi_document()
{
    prepare_secrets();
    config::Config config;
    config.debug = true;
    config.workers = config::Workers::external;
    Clock clock;
    net::Runtime runtime(1);
    NoDatabase database;
    BusParts bus(config, database, runtime);
    Rooms rooms(config, std::string(32, 'x'), database, bus, runtime, clock);
    http::Router router;
    SystemRoutes system{.database = database, .bus = bus, .queue = rooms.queue_watch};
    rooms.add_routes(router);
    add_system_routes(router, system);
    return openapi_document(router, "http://127.0.0.1:8000");
}

} // namespace pollux::app
