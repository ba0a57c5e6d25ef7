#include "app/application.hpp"

#include "app/background.hpp"
#include "app/blocking.hpp"
#include "app/no_database.hpp"
#include "app/options.hpp"
#include "app/rooms.hpp"
#include "app/system_routes.hpp"
#include "base/secrets.hpp"
#include "config/secret_key.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "http/server.hpp"
#include "net/http_client.hpp"
#include "ops/log.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

namespace pollux::app {
namespace {

using std::chrono::seconds;

constexpr seconds replies_stop_max{20};
constexpr seconds requests_stop_max{5};

// Blocked in every thread, so that they are taken where the program waits for them.
sigset_t block_stop_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

db::SqliteOptions sqlite_options(config::Config const& config, Clock const& clock)
{
    if (config.database != config::DatabaseKind::sqlite) {
        throw std::runtime_error("DATABASE_URL: this version knows SQLite only (sqlite:///path)");
    }
    return {.file = config.sqlite_path, .clock = &clock};
}

db::Migrated bring_up_to_date(config::Config const& config, db::SqliteDatabase& database)
{
    db::SqliteMigrations target(database, config.data_dir / "backups");
    return db::migrate(target, pollux_migrations_files());
}

std::string secret_key(config::Config const& config)
{
    return config.secret_key ? config.secret_key->reveal() : config::kept_secret_key(config.data_dir);
}

// glibc hands the end of a heap back to the system as soon as 128 KiB of it are free, and the next answer of that size takes it again,
// page by page: a sixth of what a room with 50 messages cost.
void keep_freed_memory()
{
    constexpr int kept_bytes = 1 << 20; // Of a heap; a thread has one.
    mallopt(M_TRIM_THRESHOLD, kept_bytes);
    mallopt(M_MMAP_THRESHOLD, kept_bytes); // Would follow by itself, had the other one not been set.
}

void prepare_process(config::Config const& config)
{
    keep_freed_memory();
    configure_log(config);
    prepare_secrets();
    net::prepare_http_client();
}

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

// bench/run reads from it how many writes shared a COMMIT.
void log_stopped(db::sqlite::WriterCounters const& counters)
{
    ops::log(ops::Level::info, "stopped",
             {{"writes", std::int64_t(counters.units)},
              {"commits", std::int64_t(counters.groups)},
              {"largest_commit", std::int64_t(counters.largest_group)}});
}

void wait_for_stop(sigset_t const& signals)
{
    int signal = 0;
    sigwait(&signals, &signal);
    // From here on a second signal does what signals do.
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

} // namespace

int serve(config::Config const& config, std::function<void(std::uint16_t port)> on_listening)
{
    auto signals = block_stop_signals();
    prepare_process(config);
    Clock clock;
    net::Runtime runtime(config.threads);
    db::SqliteDatabase database(sqlite_options(config, clock));
    bring_up_to_date(config, database);

    BusParts bus(config, runtime);
    Rooms rooms(config, secret_key(config), database, bus, runtime, clock);
    run_blocking(runtime.context(0), prepare_rooms(&rooms, &config));

    http::Router router;
    SystemRoutes system{.database = database};
    rooms.add_routes(router);
    add_system_routes(router, system);
    system.openapi_json = std::make_shared<std::string const>(openapi_document(router, config.public_url));

    http::Server server(runtime, router, bus.rate_limiter(), rooms.accounts.authenticator(), server_options(config));
    Background background(rooms.accounts);
    runtime.start();
    bus.start();
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
    bus.close();
    bool is_drained = server.drain(requests_stop_max);
    bus.stop();
    database.close();
    log_stopped(database.counters());
    ops::flush_log();
    // What would not end is still suspended on objects that are about to die.
    if (!is_drained) std::_Exit(0);
    runtime.stop();
    return 0;
}

db::Migrated migrate(config::Config const& config)
{
    Clock clock;
    db::SqliteDatabase database(sqlite_options(config, clock));
    return bring_up_to_date(config, database);
}

Result<accounts::User> create_superuser(config::Config const& config, std::string mobile, std::optional<std::string> password)
{
    prepare_process(config);
    Clock clock;
    net::Runtime runtime(1);
    db::SqliteDatabase database(sqlite_options(config, clock));
    bring_up_to_date(config, database);
    auto without_worker = config;
    without_worker.workers = config::Workers::external;
    without_worker.redis_url = std::nullopt;
    BusParts bus(without_worker, runtime);
    Rooms rooms(without_worker, secret_key(config), database, bus, runtime, clock);
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
    BusParts bus(config, runtime);
    Rooms rooms(config, std::string(32, 'x'), database, bus, runtime, clock);
    http::Router router;
    SystemRoutes system{.database = database};
    rooms.add_routes(router);
    add_system_routes(router, system);
    return openapi_document(router, "http://127.0.0.1:8000");
}

} // namespace pollux::app
