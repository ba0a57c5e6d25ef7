#include "app/application.hpp"

#include "app/no_database.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/pages.hpp"
#include "app/process.hpp"
#include "app/process_parts.hpp"
#include "app/steps.hpp"
#include "app/stop_signals.hpp"
#include "base/secrets.hpp"
#include "http/server.hpp"
#include "net/http_client.hpp"
#include "ops/log.hpp"

#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace pollux::app {
namespace {

using std::chrono::seconds;

constexpr seconds replies_stop_max{20};
constexpr seconds requests_stop_max{3};

// The first call over TLS would otherwise read them on an I/O thread.
std::jthread preload_certificates(config::Config const& config)
{
    return std::jthread([is_needed = calls_over_tls(config)] {
        if (is_needed) net::preload_certificates();
    });
}

http::Router make_router(ProcessParts& parts, pages::PublicConfig& config)
{
    http::Router router;
    parts.rooms.add_routes(router);
    add_system_routes(router, parts.system);
    pages::add_config_route(router, config);
    return router;
}

http::ServerOptions api_options(config::Config const& config, Rooms& rooms, pages::Pages const* page_server)
{
    auto options = server_options(config);
    options.requests_per_minute = [&billing = rooms.billing](UserId user) { return billing.requests_per_minute(user); };
    options.issued_to = [&accounts = rooms.accounts](std::string_view token) { return accounts.issued_to(token); };
    if (page_server) {
        options.pages = [page_server](http::Request const& request, std::string_view method) {
            return page_server->answer(request, method);
        };
    }
    return options;
}

// What a server has besides.
struct Serving {
    explicit Serving(config::Config const& config)
        : brand(brand_of(config)), public_config(app::public_config(config, brand)), page_server(make_pages(config, brand)),
          parts(config, Role::serves), router(make_router(parts, public_config)),
          server(parts.runtime, router, parts.bus.rate_limiter(), parts.rooms.accounts.authenticator(),
                 api_options(config, parts.rooms, page_server.get()))
    {
        parts.system.sees_untrusted_proxy = [this] { return server.sees_untrusted_proxy(); };
        parts.system.describe_routes = [this, public_url = config.public_url] { return describe(public_url); };
    }

    // Made when somebody first asks for it, and kept: a start need not wait for it, nor most servers hold it.
    std::shared_ptr<std::string const> describe(std::string const& public_url)
    {
        std::call_once(is_described, [&] { description = std::make_shared<std::string const>(openapi_document(router, public_url)); });
        return description;
    }

    void bind()
    {
        try {
            server.bind();
        } catch (http::CannotListen const& failure) {
            throw std::runtime_error(std::string("LISTEN (or PORT): ") + failure.what());
        }
        parts.bind();
    }

    void unbind()
    {
        server.unbind();
        parts.unbind();
    }

    void accept()
    {
        server.accept();
        parts.accept();
    }

    // The process is left before its door closes: a load balancer asks /readyz, and goes to others.
    void leave(std::chrono::milliseconds time)
    {
        ops::log(ops::Level::info, "stopping");
        parts.system.is_stopping = true;
        server.announce_stop();
        std::this_thread::sleep_for(time);
        server.stop_accepting();
    }

    void drain()
    {
        server.stop_accepting();
        parts.bus.close(); // Or streams would wait for news.
        parts.is_drained = server.drain(requests_stop_max);
        parts.drain();
    }

    pages::Brand const brand;
    pages::PublicConfig public_config;
    std::unique_ptr<pages::Pages> const page_server; // Null: none.
    ProcessParts parts;
    http::Router router;
    http::Server server;
    std::once_flag is_described;
    std::shared_ptr<std::string const> description;
};

} // namespace

int serve(config::Config const& config, std::function<void(std::uint16_t port)> on_listening)
{
    StopSignals signals;
    prepare_process(config);
    std::unique_ptr<Serving> serving;
    Steps steps({
        {"build",
         [&] {
             serving = std::make_unique<Serving>(config);
             signals.expect_orderly_stop();
         },
         [&] { serving.reset(); }},
        {"bind", [&] { serving->bind(); }, [&] { serving->unbind(); }},
        {"threads", [&] { serving->parts.runtime.start(); }, [&] { serving->parts.stop_threads(); }},
        {"bus", [&] { serving->parts.bus.start(); }, [&] { serving->parts.bus.stop(); }},
        {"accept", [&] { serving->accept(); }, [&] { serving->drain(); }},
        {"work", [&] { serving->parts.start_work(); }, [&] { serving->parts.stop_work(replies_stop_max - config.stop_delay()); }},
    });
    steps.start();
    on_listening(serving->server.port());
    auto const certificates = preload_certificates(config);

    signals.wait();
    serving->leave(config.stop_delay());
    steps.stop();
    return 0;
}

int work(config::Config const& config, std::function<void()> on_ready)
{
    StopSignals signals;
    prepare_process(config);
    auto as_worker = config;
    as_worker.workers = config::Workers::internal;
    as_worker.metrics_listen = config.worker_metrics_listen;
    std::unique_ptr<ProcessParts> parts;
    Steps steps({
        {"build",
         [&] {
             parts = std::make_unique<ProcessParts>(as_worker, Role::works);
             signals.expect_orderly_stop();
         },
         [&] { parts.reset(); }},
        {"bind", [&] { parts->bind(); }, [&] { parts->unbind(); }},
        {"threads", [&] { parts->runtime.start(); }, [&] { parts->stop_threads(); }},
        {"bus", [&] { parts->bus.start(); }, [&] { parts->bus.stop(); }},
        {"accept", [&] { parts->accept(); }, [&] { parts->drain(); }},
        {"work", [&] { parts->start_work(); }, [&] { parts->stop_work(replies_stop_max); }},
    });
    steps.start();
    on_ready();
    auto const certificates = preload_certificates(config);

    signals.wait();
    ops::log(ops::Level::info, "stopping");
    parts->system.is_stopping = true;
    steps.stop();
    return 0;
}

db::Migrated migrate(config::Config const& config)
{
    configure_log(config);
    return migrate_database(config);
}

std::string openapi_document()
{
    prepare_secrets();
    config::Config config;
    config.debug = true;
    config.workers = config::Workers::external;
    Clock const clock;
    net::Runtime runtime(1);
    NoDatabase database;
    BusParts bus(config, database, runtime);
    Rooms rooms(config, std::string(32, 'x'), database, bus, runtime, clock);
    http::Router router;
    SystemRoutes system{.database = database, .bus = bus, .queue = rooms.queue_watch};
    auto told = public_config(config, {});
    rooms.add_routes(router);
    add_system_routes(router, system);
    pages::add_config_route(router, told);
    return openapi_document(router, "http://127.0.0.1:8000");
}

} // namespace pollux::app
