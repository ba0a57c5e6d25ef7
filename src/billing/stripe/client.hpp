// Calls to Stripe's API: its version pinned, the key in the head, an answer that says whether the thing was done.
// Safe from any thread; each call runs on the executor of its caller. Nothing of what Stripe says reaches a user; its request id and its
// words of an error, which name no card and no person, are for the log.
// Source: docs.stripe.com/api; npm stripe 23, RequestSender.js (retries).
#pragma once

#include "base/clock.hpp"
#include "billing/stripe/form.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace pollux::billing::stripe {

namespace asio = boost::asio;

inline constexpr std::string_view api_version = "2026-10-28.endive";

enum class Mode { demo, test, live };

// By the key's own name: sk_live_ and rk_live_ are live, all others are for tests.
Mode mode_of_key(std::string_view key);
std::string_view word_of(Mode mode);

struct ClientOptions {
    std::string base_url; // Without "/v1".
    std::string secret_key;
    std::chrono::milliseconds connect_time_max{3'000};
    std::chrono::milliseconds call_time_max{8'000}; // Of one call with its repetitions, where its deadline is not nearer.
};

enum class Outcome {
    done,     // 2xx.
    refused,  // Stripe looked at it and said no, for good: see error_code.
    unknown,  // It may have been done: no answer, or one of an accident. The same operation may be repeated.
    not_done, // It was not: no connection, a rate limit.
};

struct Answer {
    Outcome outcome = Outcome::not_done;
    int status = 0; // 0: none came.
    boost::json::object body;
    std::string error_type; // "invalid_request_error"
    std::string error_code; // "resource_missing"; may be empty.
    std::string error_parameter;
    std::string detail;           // For operators, one line.
    std::string request_id;       // Stripe's.
    bool may_be_repeated = false; // The same call, at once.
};

struct Call {
    std::string method = "GET";
    std::string path;              // "/v1/customers/cus_1"
    Form form;                     // The body of a POST, else the query.
    std::string operation;         // Of a POST: its Idempotency-Key, at most 255 characters.
    Steady::time_point deadline{}; // Unset: call_time_max from now.
};

class Client {
public:
    explicit Client(ClientOptions options);

    // Repeats what Stripe says may be repeated, twice at most, and not beyond the deadline. Throws nothing of the network.
    asio::awaitable<Answer> call(Call call) const;

    Mode mode() const { return mode_; }

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
