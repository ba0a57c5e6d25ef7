// Calls to Stripe's API over the network: its version pinned, the key in the head, repeated as Stripe's own client does it.
// Safe from any thread; each call runs on the executor of its caller.
// Source: docs.stripe.com/api; npm stripe 23, RequestSender.js (retries).
#pragma once

#include "billing/stripe/api.hpp"

#include <string>
#include <string_view>

namespace pollux::billing::stripe {

inline constexpr std::string_view api_version = "2026-10-28.endive";

struct ClientOptions {
    std::string base_url; // Without "/v1".
    std::string secret_key;
    std::chrono::milliseconds connect_time_max{3'000};
    std::chrono::milliseconds call_time_max{8'000}; // Of one call with its repetitions, where its deadline is not nearer.
};

class Client final : public Api {
public:
    explicit Client(ClientOptions options);

    // Repeats what Stripe says may be repeated, as often as the call allows, and not beyond the deadline. Throws nothing of the network.
    asio::awaitable<Answer> call(Call call) const override;

    Mode mode() const override { return mode_; }

private:
    asio::awaitable<Answer> once(Call const& call) const;

    ClientOptions options_;
    Mode mode_;
};

// Whether the call may be made again at once, by the rules of Stripe's own client. `should_retry`: the header Stripe-Should-Retry.
bool is_repeatable(int status, std::string_view should_retry);

// What an answer means: `body` as it came, empty where none did.
Answer read_answer(int status, std::string_view body);

} // namespace pollux::billing::stripe
