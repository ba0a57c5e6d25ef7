// The background work of payments. All of it may run twice, since it asks the provider afresh each time and writes what that says.
#pragma once

#include "billing/payments/customer_sync.hpp"
#include "billing/stripe/api.hpp"
#include "db/database.hpp"
#include "tasks/task_kinds.hpp"

namespace pollux::billing {

// Each carries its scope as its payload: text_of().
inline constexpr char const* sync_customer_task = "stripe_customer";  // Subject: the customer. Make what stands here what Stripe says.
inline constexpr char const* judge_payment_task = "stripe_payment";   // Subject: a payment that was refunded or disputed.
inline constexpr char const* end_subscription_task = "stripe_cancel"; // Subject: a subscription whose money went back.
inline constexpr char const* end_customer_task =
    "stripe_end_customer"; // Subject: the customer of an account that was deleted; payload: its scope.

// All must outlive the tasks.
struct PaymentParts {
    db::Database& database;
    stripe::Api const& api;
    PaymentAccount& account;
    CustomerSync& sync;
};

// For the transaction that deletes an account: what its customers still have at the provider ends by an obligation that outlives it.
asio::awaitable<void> end_payments(db::Transaction& transaction, UserId user);

void add_payment_kinds(tasks::TaskKinds& kinds, PaymentParts& parts);

} // namespace pollux::billing
