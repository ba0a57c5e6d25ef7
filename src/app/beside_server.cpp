#include "app/beside_server.hpp"

#include "app/blocking.hpp"
#include "app/bus_parts.hpp"
#include "app/control_commands.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "app/rooms.hpp"
#include "base/unavailable.hpp"
#include "control/client.hpp"
#include "db/sqlite/file_lock.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <thread>

namespace pollux::app {
namespace {

constexpr std::chrono::seconds in_use_max{5}; // A server that starts or stops has the database before or after it answers.
constexpr std::chrono::seconds busy_max{10};
constexpr std::chrono::milliseconds try_every{100};

// What matters of it a command says itself, in plain words. LOG_LEVEL=debug shows all that a server would have in its log.
config::Config for_a_person(config::Config config)
{
    if (config.log_level != config::LogLevel::debug) config.log_level = config::LogLevel::error;
    if (config.log_format == config::LogFormat::automatic) config.log_format = config::LogFormat::text;
    return config;
}

// A command may be asked for twice, and nobody waits behind it: a database that is busy, or still connecting, gets some time.
asio::awaitable<Result<std::string>> run(Rooms& rooms, config::Config const& config, control::Command command, std::string arguments)
{
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (auto const until = Steady::now() + busy_max;;) {
        try {
            co_await rooms.billing.seed_plans(plan_seeds(config)); // Nothing may have been served yet.
            co_return co_await command(arguments);
        } catch (UnavailableError const&) {
            if (Steady::now() >= until) throw;
        }
        pause.expires_after(try_every);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

Result<std::string> run_here(config::Config const& config, std::string const& command, std::string const& arguments)
{
    Clock const clock;
    net::Runtime runtime(1);
    auto const database = open_database(config, clock, Steady::now());
    auto without_worker = config;
    without_worker.workers = config::Workers::external;
    without_worker.redis_url = std::nullopt;
    BusParts bus(without_worker, *database, runtime);
    Rooms rooms(without_worker, secret_key(config), *database, bus, runtime, clock);
    return run_blocking(runtime.context(0), run(rooms, config, control_commands(rooms).at(command), arguments));
}

} // namespace

Result<std::string> run_beside_server(config::Config const& config, std::string const& command, std::string const& arguments,
                                      WhereNone where_none)
{
    prepare_process(for_a_person(config));
    if (where_none == WhereNone::refuse) require_database(config);
    for (auto const until = Steady::now() + in_use_max;; std::this_thread::sleep_for(try_every)) {
        std::string in_use;
        try {
            return run_here(config, command, arguments);
        } catch (db::DatabaseInUse const& taken) {
            in_use = taken.what();
        }
        try {
            return ask_server(config, command, arguments);
        } catch (control::NobodyThere const& nobody) {
            if (Steady::now() >= until) throw std::runtime_error(in_use + "; " + nobody.what());
        }
    }
}

} // namespace pollux::app
