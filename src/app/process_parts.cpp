#include "app/process_parts.hpp"

#include "app/blocking.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "ops/log.hpp"

#include <cstdlib>

namespace pollux::app {
namespace {

constexpr std::chrono::seconds metrics_stop_max{1};

asio::awaitable<int> prepare_rooms(Rooms* rooms, config::Config const* config)
{
    co_await rooms->billing.seed_plans(plan_seeds(*config));
    co_await rooms->accounts.poll_ended_sessions();
    co_return 0;
}

} // namespace

ProcessParts::ProcessParts(config::Config const& config)
    : runtime(config.threads), opened(open_database(config, clock)), database(*opened), bus(config, database, runtime),
      rooms(config, secret_key(config), database, bus, runtime, clock),
      system{.database = database, .bus = bus, .queue = rooms.queue_watch}, metrics_(config, runtime, system),
      background_(rooms.accounts, rooms.queue_watch)
{
    run_blocking(runtime.context(0), prepare_rooms(&rooms, &config));
}

void ProcessParts::start_threads()
{
    runtime.start();
    bus.start();
}

void ProcessParts::start_work()
{
    if (rooms.worker) rooms.worker->start();
    background_.start(runtime.executor(0));
}

void ProcessParts::stop_work(std::chrono::milliseconds replies_max)
{
    background_.stop();
    if (rooms.worker) rooms.worker->stop(replies_max);
    bus.close();
    background_.wait();
}

void ProcessParts::end(bool is_drained)
{
    metrics_.stop_accepting();
    is_drained = metrics_.drain(metrics_stop_max) && is_drained;
    bus.stop();
    database.close();
    log_stopped(database);
    ops::flush_log();
    // What would not end is still suspended on objects that are about to die.
    if (!is_drained) std::_Exit(0);
    runtime.stop();
}

} // namespace pollux::app
