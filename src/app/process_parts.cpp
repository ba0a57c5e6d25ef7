#include "app/process_parts.hpp"

#include "app/blocking.hpp"
#include "app/control_commands.hpp"
#include "app/open_database.hpp"
#include "app/options.hpp"
#include "app/patience.hpp"
#include "app/process.hpp"
#include "ops/log.hpp"

#include <cstdlib>
#include <filesystem>

namespace pollux::app {
namespace {

constexpr std::chrono::seconds metrics_stop_max{1};
constexpr std::chrono::seconds control_stop_max{2};
constexpr std::chrono::seconds tasks_stop_max{1}; // Beside the time that replies get.

// Which payments count follows from the settings of what serves: a worker with another key changes nobody's plan.
asio::awaitable<void> prepare_payments(Rooms& rooms, config::Config const& config, db::Database& database)
{
    co_await settle_demo(config, database);
    if (rooms.payment_source) co_await rooms.payment_source->ask_for_prices();
}

asio::awaitable<int> prepare_rooms(Rooms* rooms, config::Config const* config, db::Database* database, Role role)
{
    co_await rooms->billing.seed_plans(plan_seeds(*config));
    if (role == Role::serves) co_await prepare_payments(*rooms, *config, *database);
    co_await rooms->accounts.poll_ended_sessions();
    co_return 0;
}

} // namespace

ProcessParts::ProcessParts(config::Config const& config, Role role)
    : wait_until_(wait_end(config)), runtime(config.threads), opened(open_database(config, clock, wait_until_)), database(*opened),
      bus(config, database, runtime), rooms(config, secret_key(config), database, bus, runtime, clock),
      system{.database = database, .bus = bus, .queue = rooms.queue_watch, .role = role}, metrics(config, runtime, system),
      background_(rooms.accounts, rooms.queue_watch, rooms.task_watch, rooms.payments.get(), rooms.text_watch.get())
{
    if (config.database == config::DatabaseKind::sqlite) {
        if (std::filesystem::create_directories(config.data_dir))
            std::filesystem::permissions(config.data_dir, std::filesystem::perms::owner_all);
        control.emplace(runtime.executor(0), config.data_dir, config.sqlite_path, control_commands(rooms));
    }
    while_unavailable(wait_until_, [&] { return run_blocking(runtime.context(0), prepare_rooms(&rooms, &config, &database, role)); });
}

void ProcessParts::start_work() noexcept
{
    if (rooms.worker) rooms.worker->start();
    rooms.task_runner.start();
    background_.start(runtime.executor(0));
}

void ProcessParts::stop_work(std::chrono::milliseconds replies_max)
{
    background_.stop();
    rooms.task_runner.begin_stop();
    if (rooms.worker) rooms.worker->stop(replies_max);
    rooms.task_runner.end_stop(tasks_stop_max);
    bus.close();
    background_.wait();
}

void ProcessParts::bind()
{
    metrics.bind();
    if (control) control->bind();
}

void ProcessParts::unbind()
{
    metrics.unbind();
    if (control) control->unbind();
}

void ProcessParts::accept()
{
    metrics.accept();
    if (control) control->accept();
}

void ProcessParts::drain()
{
    metrics.stop_accepting();
    is_drained = metrics.drain(metrics_stop_max) && is_drained;
    if (control) is_drained = control->stop(control_stop_max) && is_drained;
}

void ProcessParts::stop_threads()
{
    database.close();
    log_stopped(database);
    ops::flush_log();
    // What would not end is still suspended on objects that are about to die.
    if (!is_drained) std::_Exit(system.is_stopping ? 0 : 1);
    runtime.stop();
}

} // namespace pollux::app
