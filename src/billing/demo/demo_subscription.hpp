// What a demo subscription is at a time: a function of what was done to it and of the clock, without I/O. So it is paid, renews and ends by
// itself, whoever looks and when.
#pragma once

#include "base/clock.hpp"
#include "billing/stripe/objects.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::billing::demo {

// What was done. All times are whole seconds, as they are shown.
struct DemoSubscription {
    std::string id;
    std::string customer;
    std::string session;
    std::string price;
    stripe::Owner owner;
    Time created;
    Time paid_at; // When the first money came, or will come.
    std::optional<Time> trial_end;
    Time anchor; // Periods are counted from here.
    std::optional<Time> cancel_at;
    bool cancels_at_period_end = false;
    std::optional<Time> ended_at; // Ended at once, by a call.
};

struct DemoState {
    std::string_view status; // incomplete, trialing, active, canceled
    Time period_start;
    Time period_end;
    std::optional<Time> ended_at;

    bool is_over() const { return status == "canceled"; }
};

DemoState state_at(DemoSubscription const& subscription, Time now);

// When it changes by itself: is paid, renews, ends. None: never again.
std::optional<Time> next_change(DemoSubscription const& subscription, Time now);

// What may be done to one that is not over.

// Stripe's two ways: with its flag, or, as its portal does it, by the time alone.
enum class CancelBy { flag, time };
void cancel_with_period(DemoSubscription& subscription, CancelBy by, Time now);
void keep(DemoSubscription& subscription); // Undoes either.

// From now on; its period begins anew, but in a trial. The same price changes nothing. One whose first money is still to come, or that was
// cancelled, takes no other price: false.
bool change_price(DemoSubscription& subscription, std::string_view price, Time now);

// `count` months after `start`, at the same time of day; the last day of a month that is shorter.
Time months_after(Time start, int count);

} // namespace pollux::billing::demo
