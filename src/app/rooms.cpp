#include "app/rooms.hpp"

#include "accounts/accounts_routes.hpp"
#include "app/deletion_tasks.hpp"
#include "app/options.hpp"
#include "app/task_kinds.hpp"
#include "billing/billing_routes.hpp"
#include "billing/payments/done_page.hpp"
#include "billing/tier_tasks.hpp"
#include "chat/chat_routes.hpp"
#include "chat/replies/stop_signals.hpp"

#include <stdexcept>

namespace pollux::app {
namespace {

ai::Models build_models(config::Config const& config)
{
    auto models = ai::build_models(models_options(config));
    if (!models) throw std::runtime_error("AI_MODELS: " + models.error().message());
    return std::move(*models);
}

std::vector<std::string> model_ids(ai::Models const& models)
{
    std::vector<std::string> ids;
    for (auto const& entry : models.all()) ids.push_back(entry.id);
    return ids;
}

// SQLite's file is locked by one process.
chat::QueueGauge::Processes processes(config::Config const& config)
{
    return config.database == config::DatabaseKind::sqlite ? chat::QueueGauge::Processes::one : chat::QueueGauge::Processes::many;
}

constexpr std::string_view tasks_channel = "tasks:due";

// What brings codes and money's news does not wait for a worker that may be away.
tasks::TaskRunner::Options task_options(config::Config const& config)
{
    tasks::TaskRunner::Options options;
    if (config.workers == config::Workers::external) options.lanes = {tasks::Lane::sms, tasks::Lane::stripe, tasks::Lane::plans};
    if (config.database == config::DatabaseKind::postgres) options.at_start = tasks::TaskRunner::AtStart::wait_for_leases;
    return options;
}

// To this process' runner, and to those of others.
std::unique_ptr<bus::Signals::Subscription> connect_bell(tasks::Bell& bell, tasks::TaskRunner& runner, bus::Signals* signals)
{
    bell.on_ring([&runner](std::string_view kind) { runner.wake(kind); });
    if (signals == nullptr) return nullptr;
    bell.on_ring([signals](std::string_view kind) { signals->publish(tasks_channel, kind); });
    return signals->subscribe(std::string(tasks_channel), [&runner](std::optional<std::string_view> kind) {
        if (kind) runner.wake(*kind);
    });
}

std::unique_ptr<chat::ReplyWorker> build_worker(Rooms& rooms, config::Config const& config, db::Database& database, net::Runtime& runtime,
                                                Clock const& clock)
{
    if (config.workers == config::Workers::external) return nullptr;
    auto& bus = rooms.bus;
    chat::ReplyTools tools{database,
                           bus.feed(),
                           chat::ChatNews(bus.notices(), bus.room_lists()),
                           rooms.models,
                           clock,
                           rooms.queue_gauge,
                           config.system_prompt,
                           bus.rate_limiter(),
                           config.model_calls_per_minute,
                           rooms.models.title_model() ? chat::Titles::ask : chat::Titles::leave,
                           &rooms.task_bell};
    chat::ReplyWorker::Options options{.replies_max = config.worker_concurrency};
    // Only a SQLite file belongs to one process alone.
    bool const is_shared = config.database == config::DatabaseKind::postgres;
    if (is_shared) options.at_start = chat::ReplyWorker::AtStart::wait_for_leases;
    auto worker = std::make_unique<chat::ReplyWorker>(std::move(tools), runtime, options);
    if (bus.signals()) worker->listen(*bus.signals(), *bus.wake_ups());
    return worker;
}

billing::PlanPrices* prices_of(std::unique_ptr<PaymentSource> const& source)
{
    return source ? &source->prices : nullptr;
}

std::unique_ptr<Payments> build_payments(Rooms& rooms, config::Config const& config, std::string const& secret_key, db::Database& database,
                                         Clock const& clock)
{
    if (!rooms.payment_source) return nullptr;
    return std::make_unique<Payments>(*rooms.payment_source, config, secret_key,
                                      Payments::Needs{database, rooms.tiers, rooms.task_bell, rooms.bus.rate_limiter(), clock});
}

} // namespace

Rooms::Rooms(config::Config const& config, std::string secret_key, db::Database& database, BusParts& with, net::Runtime& runtime,
             Clock const& clock)
    : is_debug(config.debug), has_pages(config.pages), bus(with), task_watch(database, task_kinds),
      task_runner(database, runtime, task_kinds, tasks::Seal(secret_key), task_options(config)),
      task_signals(connect_bell(task_bell, task_runner, bus.signals())), models(build_models(config)),
      payment_source(PaymentSource::make(config, secret_key, database, task_bell)), billing(database, prices_of(payment_source)),
      tiers(database, billing, bus.notices(), task_bell), plan_desk(database, billing, task_bell, model_ids(models)),
      payments(build_payments(*this, config, secret_key, database, clock)),
      payments_api(payments ? payments->routes() : billing::PaymentsApi{nullptr, nullptr, &tiers}),
      accounts(database, bus.notices(), clock, accounts_options(config, std::move(secret_key), sms_options(config, clock))),
      text_reports(database, clock, report_options(config)), queue_gauge(static_cast<std::int64_t>(config.queue_max), processes(config)),
      queue_watch(database), worker(build_worker(*this, config, database, runtime, clock)),
      chat({database, bus.feed(), bus.notices(), bus.room_lists(), billing, models, clock, queue_gauge, worker.get(), bus.signals(),
            bus.wake_ups(), &task_bell}),
      titles({database, models.title_model(), chat::ChatNews(bus.notices(), bus.room_lists()), clock, bus.rate_limiter(),
              config.model_calls_per_minute}),
      chat_api{chat, bus.feed(), bus.notices(), [this](SessionId session) { return accounts.is_session_ended(session); }}
{
    for (auto const& entry : models.all()) {
        breaker_gauges.push_back(std::make_unique<ops::Gauge>(
            "pollux_model_breaker_open", "1 while a model is left alone because it fails again and again.",
            [breaker = entry.breaker.get()] { return breaker->is_open() ? 1.0 : 0.0; }, ops::Labels{{"model", entry.id}}));
    }
    add_task_kinds(task_kinds, database, clock, accounts);
    add_deletion_kinds(task_kinds, database);
    billing::add_tier_kinds(task_kinds, tiers);
    task_kinds.add(titles.kind());
    if (payments) payments->add_kinds(task_kinds);
    if (accounts.code_sender().is_on()) {
        accounts.code_sender().add_kind(task_kinds);
        accounts.code_sender().use_bell(task_bell);
        text_watch = std::make_unique<accounts::TextWatch>(database, clock, config.sms_per_hour_max);
    }
    task_watch.start();
    if (bus.signals()) {
        accounts.share_ended_sessions(*bus.signals());
        billing.share_changes(*bus.signals());
    }
    accounts.add_eraser({[](db::Transaction& transaction, UserId user) { return begin_erasure(transaction, user); },
                         [this](UserId user) {
                             bus.room_lists().drop(user);
                             if (worker) worker->stop_user(user);
                             if (bus.signals()) chat::signal_drop_user(*bus.signals(), user);
                             task_bell.ring(erase_account_task);
                         }});
}

void Rooms::add_routes(http::Router& router)
{
    accounts::add_accounts_routes(router, accounts);
    accounts::sms::add_report_routes(router, text_reports);
    if (is_debug) accounts::sms::add_inbox_routes(router, accounts.code_sender().inbox());
    chat::add_chat_routes(router, chat_api);
    billing::add_billing_routes(router, billing);
    billing::add_payments_routes(router, payments_api);
    if (!has_pages) billing::add_done_page(router, payments_api); // Else they have one that knows its user.
    if (payments) payments->add_pages(router);
}

} // namespace pollux::app
