#include "billing/payments/money_back.hpp"

#include <algorithm>

namespace pollux::billing {

bool is_money_gone(std::span<ChargeState const> charges, std::span<DisputeState const> disputes)
{
    bool const is_refunded = std::ranges::any_of(charges, &ChargeState::is_refunded);
    bool const is_lost = std::ranges::any_of(disputes, [](auto const& dispute) { return dispute.status == "lost"; });
    return is_refunded || is_lost;
}

} // namespace pollux::billing
