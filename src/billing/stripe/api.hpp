// What may be asked of Stripe: a call of its API, and an answer that says whether the thing was done. The client (client.hpp) asks Stripe
// itself; where no key is set, debug has a stand-in that answers the same calls from the database.
// Nothing of what Stripe says reaches a user. Its request id and its words of an error, which name no card and no person, are for the log.
#pragma once

#include "base/clock.hpp"
#include "billing/stripe/form.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace pollux::billing::stripe {

namespace asio = boost::asio;

enum class Mode { demo, test, live };

// By the key's own name: sk_live_ and rk_live_ are live, all others are for tests.
Mode mode_of_key(std::string_view key);
std::string_view word_of(Mode mode);

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
    bool is_replayed = false;     // What the first call with this operation was answered, given again.
    bool may_be_repeated = false; // The same call, at once.
};

struct Call {
    std::string method = "GET";
    std::string path;              // "/v1/customers/cus_1"
    Form form;                     // The body of a POST, else the query.
    std::string operation;         // Of a POST: its Idempotency-Key, at most 255 characters.
    Steady::time_point deadline{}; // Unset: call_time_max from now.
    int times_max = 3;             // With its repetitions.
};

// Safe from any thread.
class Api {
public:
    virtual ~Api() = default;

    // Throws nothing of the network.
    virtual asio::awaitable<Answer> call(Call call) const = 0;
    virtual Mode mode() const = 0;
};

} // namespace pollux::billing::stripe
