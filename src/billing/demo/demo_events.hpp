// What the demo tells Pollux of its changes, as Stripe does: signed events, handed to the webhook in this process. Each is a task of the
// transaction of its change, so a kill in between loses none; what happens by time alone has a task at its time.
#pragma once

#include "billing/demo/demo_subscription.hpp"
#include "billing/payments/webhook.hpp"
#include "db/database.hpp"
#include "tasks/bell.hpp"
#include "tasks/task_kinds.hpp"

#include <string>
#include <string_view>

namespace pollux::billing::demo {

namespace asio = boost::asio;

inline constexpr char const* event_task = "demo_event"; // Subject: the event's type and what it is about. Tells the webhook.
inline constexpr char const* due_task = "demo_due";     // Subject: a subscription. Payload: when something happens to it by itself.

// In the transaction of the change. `about`: the id of a session or a subscription.
asio::awaitable<void> tell(db::Transaction& transaction, std::string type, std::string about);
asio::awaitable<void> await_next_change(db::Transaction& transaction, DemoSubscription subscription, Time now);

// The webhook's, in demo mode alone.
std::string signing_secret(std::string_view secret_key);

// All must outlive the tasks.
struct DemoTelling {
    db::Database& database;
    Webhook& webhook;
    std::string signing_secret;
    std::string public_url;
    tasks::Bell const& bell;
    Clock const& clock; // The webhook's.
};

void add_demo_kinds(tasks::TaskKinds& kinds, DemoTelling& telling);

} // namespace pollux::billing::demo
