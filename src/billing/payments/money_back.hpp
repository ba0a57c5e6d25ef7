// What becomes of a subscription whose money went back. A function without I/O, and the task that asks it.
#pragma once

#include "billing/stripe/reads.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace pollux::billing {

struct ChargeState {
    bool is_refunded = false; // All of it.
};

struct DisputeState {
    std::string status; // Stripe's word.
};

// Whether all the money of a payment is gone: refunded as a whole, or a dispute over it lost. One that was lost and is looked at again has
// another status, and is not lost.
bool is_money_gone(std::span<ChargeState const> charges, std::span<DisputeState const> disputes);

} // namespace pollux::billing
