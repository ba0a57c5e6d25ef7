// What users have bought, as the provider said it last: for them to see.
#pragma once

#include "billing/payments/fetched_state.hpp"
#include "db/database.hpp"

#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

class SubscriptionStore {
public:
    explicit SubscriptionStore(db::Database& database) : database_(database) {}

    // Newest first, of every state.
    asio::awaitable<std::vector<SubscriptionRow>> of_user(UserId user, PaymentScope scope);

private:
    db::Database& database_;
};

// The one that the user is shown, which is the one that cancel and reactivate act on: one that lives before one that is over, of those one
// for a plan of ours before others, then the newest.
SubscriptionRow const* shown_one(std::vector<SubscriptionRow> const& rows);

} // namespace pollux::billing
