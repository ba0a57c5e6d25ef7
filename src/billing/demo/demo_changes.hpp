// What may be done at the demo, by a call or on its pages: each is a part of somebody's transaction and asks for the events that tell of
// it. Doing something twice is doing it once.
#pragma once

#include "billing/demo/demo_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::billing::demo {

// 128 random bits behind a prefix: nobody guesses one.
std::string new_id(std::string_view prefix);

// `wished`: with all but its id, status and times.
asio::awaitable<DemoSession> open_session(db::Transaction& transaction, DemoSession wished);

enum class Payment {
    at_once,
    late, // The session is complete, and the money comes late_money_after: until then the subscription is incomplete.
};

// An open session becomes complete, with a subscription; one that is not open stays as it is. As it is then; none: there is none.
asio::awaitable<std::optional<DemoSession>> pay(db::Transaction& transaction, std::string session, Payment payment);

// The same for ending one that nobody paid.
asio::awaitable<std::optional<DemoSession>> expire(db::Transaction& transaction, std::string session);

// Keeps what was done to it, and tells.
asio::awaitable<void> put_changed(db::Transaction& transaction, DemoSubscription subscription, Time now);

} // namespace pollux::billing::demo
