// The way of a call to the API: key, rate limit, parameters, idempotency key, plan, the endpoint itself, and the answer with its headers.
#pragma once

#include "server.hpp"
#include "stripe/simulator.hpp"

namespace pollux::sims::stripe {

class Api {
public:
    explicit Api(Simulator& simulator); // Throws std::logic_error where an endpoint has no table of parameters.

    asio::awaitable<After> answer(Request request, std::shared_ptr<Connection> connection);

private:
    struct Answer {
        int status = 200;
        std::string body;
        std::string headers;
        bool before_execution = false;
    };
    struct Found {
        Route const* route;
        std::vector<std::string> ids;
    };
    // A call from where it is known to be one until it is answered.
    struct Running {
        Call& call;
        FaultPlan plan;
        std::string key; // For idempotency; empty: none.
        Place* place = nullptr;
    };

    Found find(Request const& request) const;
    Answer judge(Request const& request, Running& running, Found& found, json::object& params);
    Answer carry_out(Place& place, Found const& found, json::object params, Call const& call) const;
    static Answer refusal(StripeError const& error, std::string const& request_id);
    static Answer planned_error(FaultPlan const& plan, std::string const& request_id);
    static asio::awaitable<void> pause(std::size_t milliseconds);

    Simulator& simulator_;
    std::vector<Route> routes_;
};

} // namespace pollux::sims::stripe
