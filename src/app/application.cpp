#include "app/application.hpp"

#include "app/background.hpp"
#include "app/blocking.hpp"
#include "app/metrics_server.hpp"
#include "app/no_database.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "app/rooms.hpp"
#include "app/system_routes.hpp"
#include "base/secrets.hpp"
#include "http/server.hpp"
#include "net/http_client.hpp"
#include "ops/log.hpp"

#include <cstdlib>
#include <thread>

namespace pollux::app {
namespace {

using std::chrono::seconds;

constexpr seconds replies_stop_max{20};
constexpr seconds requests_stop_max{3};

asio::awaitable<int> prepare_rooms(Rooms* rooms, config::Config const* config)
{
    co_await rooms->billing.seed_plans(plan_seeds(*config));
    co_await rooms->accounts.poll_ended_sessions();
    co_return 0;
}

asio::awaitable<Result<accounts::User>> make_superuser(Rooms* rooms, std::string mobile, std::optional<std::string> password)
{
    co_return co_await rooms->accounts.create_superuser(std::move(mobile), std::move(password));
}

} // namespace

int serve(config::Config const& config, std::function<void(std::uint16_t port)> on_listening)
{
    auto signals = block_stop_signals();
    prepare_process(config);
    Clock clock;
    net::Runtime runtime(config.threads);
    auto const opened = open_database(config, clock);
    auto& database = *opened;

    Rooms rooms(config, secret_key(config), database, runtime, clock);
    run_blocking(runtime.context(0), prepare_rooms(&rooms, &config));

    http::Router router;
    SystemRoutes system{.database = database};
    rooms.add_routes(router);
    add_system_routes(router, system);
    system.openapi_json = std::make_shared<std::string const>(openapi_document(router, config.public_url));

    MetricsServer metrics(config, runtime, system);
    http::Server server(runtime, router, rooms.rate_limiter, rooms.accounts.authenticator(), server_options(config));
    Background background(rooms.accounts);
    runtime.start();
    server.listen();
    if (rooms.worker) rooms.worker->start();
    background.start(runtime.executor(0));
    on_listening(server.port());
    // The first call over TLS would otherwise read them on an I/O thread; without a key there is no such call, and no need of the memory.
    std::jthread certificates([&] {
        if (config.gemini_api_key) net::preload_certificates();
    });

    wait_for_stop(signals);
    ops::log(ops::Level::info, "stopping");
    system.is_stopping = true;
    server.stop_accepting();
    background.stop();
    if (rooms.worker) rooms.worker->stop(replies_stop_max);
    rooms.feed.close();
    rooms.notices.close();
    background.wait();
    metrics.stop_accepting();
    bool is_drained = server.drain(requests_stop_max);
    is_drained = metrics.drain(requests_stop_max) && is_drained;
    database.close();
    log_stopped(database);
    ops::flush_log();
    // What would not end is still suspended on objects that are about to die.
    if (!is_drained) std::_Exit(0);
    runtime.stop();
    return 0;
}

int work(config::Config const& config, std::function<void()> on_ready)
{
    auto signals = block_stop_signals();
    prepare_process(config);
    Clock clock;
    net::Runtime runtime(config.threads);
    auto const database = open_database(config, clock);
    auto as_worker = config;
    as_worker.workers = config::Workers::internal;
    Rooms rooms(as_worker, secret_key(config), *database, runtime, clock);
    run_blocking(runtime.context(0), prepare_rooms(&rooms, &config));

    Background background(rooms.accounts);
    runtime.start();
    rooms.worker->start();
    background.start(runtime.executor(0));
    on_ready();

    wait_for_stop(signals);
    ops::log(ops::Level::info, "stopping");
    background.stop();
    rooms.worker->stop(replies_stop_max);
    rooms.feed.close();
    rooms.notices.close();
    database->close();
    log_stopped(*database);
    ops::flush_log();
    runtime.stop();
    return 0;
}

db::Migrated migrate(config::Config const& config)
{
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
    Rooms rooms(without_worker, secret_key(config), *database, runtime, clock);
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
    Rooms rooms(config, std::string(32, 'x'), database, runtime, clock);
    http::Router router;
    SystemRoutes system{.database = database};
    rooms.add_routes(router);
    add_system_routes(router, system);
    return openapi_document(router, "http://127.0.0.1:8000");
}

} // namespace pollux::app
