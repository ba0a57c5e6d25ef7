// What goes wrong with which call: plans that tests give (sims/README.md).
#pragma once

#include "range.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims::stripe {

struct FaultPlan {
    enum class Fault { none, error, cut, hang };

    std::string name;
    std::string method;        // Which calls: empty is any.
    std::string path;          // "/v1/customers", or with a star: "/v1/customers/*", "*".
    int times = 1;             // -1: all.
    Range delay_ms;            // Before the call has its effect, whether the caller waits or not.
    Range late_ms;             // Between the effect and the answer.
    Fault fault = Fault::none; // error: another answer; cut: the connection ends without one; hang: neither.
    bool acts = false;         // Whether a call with a fault has its effect all the same.
    int status = 500;          // Of an error.
    std::string type;
    std::string code;
    std::string message;
    std::string should_retry; // Header Stripe-Should-Retry: "true", "false", or none.
    std::string reason;       // Header Stripe-Rate-Limited-Reason.
    int keeps = -1;           // Whether an error is kept under the idempotency key: -1 as Stripe does, where the call had its effect.

    bool is_kept() const { return keeps < 0 ? acts && status >= 500 : keeps == 1; }
};

class FaultPlans {
public:
    void load(boost::json::value const& given); // Throws std::invalid_argument, and then nothing has changed.
    FaultPlan take(std::string_view method, std::string_view path);

private:
    std::deque<FaultPlan> next_;
    std::vector<FaultPlan> matching_;
    FaultPlan default_;
};

} // namespace pollux::sims::stripe
