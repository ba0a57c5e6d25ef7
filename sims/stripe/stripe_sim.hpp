// A stand-in for api.stripe.com: sims/README.md says what it does.
#pragma once

#include <string>
#include <vector>

namespace pollux::sims {

struct StripeSimOptions {
    std::string listen = "127.0.0.1:9200";
    std::vector<std::string> keys;       // "sk_test_x" or "sk_test_x=acct_y"; none: sk_test_1, sk_live_1 and their like.
    std::vector<std::string> plan_files; // Loaded at the start.
    std::string account_version;         // What calls without Stripe-Version get; empty: the version that is simulated.
    std::size_t calls_max = 100'000;     // Kept in the log.
};

int run_stripe_sim(StripeSimOptions const& options);

} // namespace pollux::sims
