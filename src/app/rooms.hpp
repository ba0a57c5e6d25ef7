// The rooms and what they share, built in one place and in one order; and the list of everything that can be called.
#pragma once

#include "accounts/accounts_service.hpp"
#include "accounts/text_watch.hpp"
#include "ai/model_list.hpp"
#include "app/bus_parts.hpp"
#include "app/payments.hpp"
#include "app/sms.hpp"
#include "billing/billing_service.hpp"
#include "billing/plan_desk.hpp"
#include "billing/tiers.hpp"
#include "chat/chat_routes.hpp"
#include "chat/chat_service.hpp"
#include "chat/queue/queue_watch.hpp"
#include "chat/replies/reply_worker.hpp"
#include "chat/titles/room_titles.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/router.hpp"
#include "net/runtime.hpp"
#include "ops/metrics.hpp"
#include "tasks/bell.hpp"
#include "tasks/task_runner.hpp"
#include "tasks/task_watch.hpp"

#include <memory>
#include <vector>

namespace pollux::app {

class Rooms {
public:
    // `secret_key` is the one of the config, or the one made for debug. Throws std::runtime_error with one clear line when the models
    // cannot be built.
    Rooms(config::Config const& config, std::string secret_key, db::Database& database, BusParts& bus, net::Runtime& runtime,
          Clock const& clock);

    void add_routes(http::Router& router);

    bool const is_debug;
    bool const has_pages;
    BusParts& bus;
    tasks::TaskKinds task_kinds;
    tasks::Bell task_bell;
    tasks::TaskWatch task_watch;
    tasks::TaskRunner task_runner;
    std::unique_ptr<bus::Signals::Subscription> task_signals;
    ai::Models models;
    std::unique_ptr<PaymentSource> payment_source; // Null: nothing is sold.
    billing::BillingService billing;
    billing::Tiers tiers;
    billing::PlanDesk plan_desk;
    std::unique_ptr<Payments> payments; // As its source.
    billing::PaymentsApi payments_api;
    accounts::AccountsService accounts;
    accounts::sms::ReportDesk text_reports;
    std::unique_ptr<accounts::TextWatch> text_watch; // Null: nothing is sent.
    chat::QueueGauge queue_gauge;
    chat::QueueWatch queue_watch;
    std::unique_ptr<chat::ReplyWorker> worker; // Null with WORKERS=external.
    chat::ChatService chat;
    chat::RoomTitles titles;
    chat::ChatApi chat_api;
    std::vector<std::unique_ptr<ops::Gauge>> breaker_gauges; // One a model.
};

} // namespace pollux::app
