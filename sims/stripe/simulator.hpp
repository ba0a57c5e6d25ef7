// All that one process of the simulator holds: accounts and modes, keys, the clock, deliveries, plans and the log of calls.
#pragma once

#include "stripe/calls.hpp"
#include "stripe/deliveries.hpp"
#include "stripe/fault_plan.hpp"
#include "stripe/idempotency.hpp"
#include "stripe/keys.hpp"
#include "stripe/params.hpp"
#include "stripe/route.hpp"

#include <chrono>

namespace pollux::sims::stripe {

// A world and what only its calls need.
struct Place {
    Place(std::string account, bool is_live, Clock& clock, Deliveries& deliveries) : world(std::move(account), is_live, clock, deliveries)
    {}

    World world;
    Idempotency idempotency;
    std::deque<std::chrono::steady_clock::time_point> recent; // Calls of the last second.
};

class Simulator {
public:
    explicit Simulator(std::size_t calls_max) : deliveries(clock), calls(calls_max) {}

    Clock clock;
    Deliveries deliveries;
    Keys keys;
    FaultPlans plans;
    Calls calls;
    std::string base_url;
    std::string account_version{api_version}; // Of a call that names none.

    Place& place(std::string const& account, bool is_live);   // Made when it is not there yet.
    Record* find(std::string_view kind, std::string_view id); // In any world.
    std::vector<World*> worlds();
    void reset(); // No objects, no plans, no calls; keys stay, and the clock.

private:
    std::map<std::pair<std::string, bool>, std::unique_ptr<Place>> places_;
    std::vector<std::unique_ptr<Place>> old_places_; // Deliveries that are on their way point into them.
};

} // namespace pollux::sims::stripe
