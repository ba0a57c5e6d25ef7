// A page of the demo on which something is bought, and one on which it is changed.
#pragma once

#include "base/clock.hpp"
#include "billing/stripe/objects.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::billing::demo {

constexpr std::chrono::hours session_open_for{24};
constexpr std::chrono::seconds late_money_after{10}; // Of "Pay later": bank debits take days, and nobody waits for those in a demo.

struct DemoSession {
    std::string id;
    std::string customer;
    std::string price;
    stripe::Owner owner;
    std::string success_url; // May hold {CHECKOUT_SESSION_ID}.
    std::string cancel_url;
    std::optional<std::int64_t> trial_days;
    std::string status;       // As it was written: time alone makes an open one expire.
    std::string subscription; // Empty until it is complete.
    std::optional<Time> paid_at;
    Time created;
    Time expires;
};

std::string_view status_at(DemoSession const& session, Time now);         // open, complete, expired
std::string_view payment_status_at(DemoSession const& session, Time now); // unpaid, paid, no_payment_required
std::string success_url_of(DemoSession const& session);                   // With its id in it.

struct DemoPortal {
    std::string id;
    std::string customer;
    std::string return_url;
    Time created;
};

} // namespace pollux::billing::demo
