// What the simulator was asked, and how each call ended, for tests to read.
#pragma once

#include "stripe/values.hpp"

#include <deque>

namespace pollux::sims::stripe {

struct Call {
    enum class State { running, finished, cut, hung, aborted }; // aborted: the client went first.

    std::int64_t id = 0;
    double started_at = 0; // Seconds since 1970, by the machine's clock.
    double ended_at = 0;
    std::string method;
    std::string path;
    json::object params; // As they came, before they were judged.
    std::string idempotency_key;
    std::string key;
    std::string account;
    std::string mode;    // "live", "test", or empty for a key that is none.
    std::string version; // Stripe-Version, as it came.
    std::string request_id;
    std::string plan;
    int status = 0;
    bool is_replayed = false;
    bool has_acted = false;
    State state = State::running;
};

class Calls {
public:
    explicit Calls(std::size_t calls_max) : calls_max_(calls_max) {}

    Call& begin(Call call); // The reference holds until the call has ended.
    void end(Call& call, Call::State state);
    void clear();

    // {"total", "running", "most_a_second", "calls": [...]}; those after that id, with this method and path where they are given.
    json::object describe(std::int64_t after, std::string_view method, std::string_view path) const;

private:
    std::size_t calls_max_;
    std::deque<Call> calls_;
    std::int64_t last_id_ = 0;
    std::int64_t cleared_to_ = 0;
    std::int64_t total_ = 0;
    std::int64_t running_ = 0;
    std::int64_t second_ = 0;
    std::int64_t in_second_ = 0;
    std::int64_t most_a_second_ = 0;
};

} // namespace pollux::sims::stripe
