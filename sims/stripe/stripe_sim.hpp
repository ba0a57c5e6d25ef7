// A stand-in for api.stripe.com: sims/README.md says what it does.
#pragma once

#include "server.hpp"
#include "stripe/api.hpp"

namespace pollux::sims {

struct StripeSimOptions {
    std::string listen = "127.0.0.1:9200";
    std::vector<std::string> keys;       // "sk_test_x" or "sk_test_x=acct_y"; none: sk_test_1, sk_live_1 and their like.
    std::vector<std::string> plan_files; // Loaded at the start.
    std::string account_version;         // What calls without Stripe-Version get; empty: the version that is simulated.
    std::size_t calls_max = 100'000;     // Kept in the log.
};

class StripeSim {
public:
    explicit StripeSim(StripeSimOptions const& options); // Throws std::runtime_error for what is wrong in them.

    asio::awaitable<After> handle(Request request, std::shared_ptr<Connection> connection);

    stripe::Simulator& simulator() { return simulator_; }

private:
    void begin(Connection& connection, Request const& request);

    stripe::Simulator simulator_;
    stripe::Api api_;
    bool has_begun_ = false;
};

int run_stripe_sim(StripeSimOptions const& options);

} // namespace pollux::sims
