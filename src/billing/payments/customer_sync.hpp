// Makes what stands here of a customer what the provider says now. The one way in which anything that was paid comes into force: webhooks,
// a buyer who returns, and the walk through lost events all end here, and none of them is believed itself.
#pragma once

#include "billing/payments/account.hpp"
#include "billing/payments/customer_store.hpp"
#include "billing/payments/installation.hpp"
#include "billing/payments/price_store.hpp"
#include "billing/payments/subscription_store.hpp"
#include "billing/plan_store.hpp"
#include "billing/tiers.hpp"

#include <chrono>
#include <map>
#include <string>

namespace pollux::billing {

class CustomerSync {
public:
    // All must outlive this.
    CustomerSync(db::Database& database, stripe::Api const& api, PaymentAccount& account, Installation& installation, Tiers const& tiers,
                 std::chrono::days grace)
        : api_(api), account_(account), installation_(installation), tiers_(tiers), customers_(database), subscriptions_(database),
          prices_(database), plans_(database), grace_(grace)
    {}

    enum class Outcome {
        written, // Or something newer stood there already.
        changed, // Written, and the user's tier is another one now.
        nobody,  // No user of ours is this customer, of the mode and account in force.
        unknown, // The provider could not be asked by then.
        refused, // It refuses to say: as a rule the key lacks a right.
    };
    static bool is_to_repeat(Outcome outcome) { return outcome == Outcome::unknown || outcome == Outcome::refused; }

    // May run twice, at once, and in any order: fetches are numbered before they begin, and an older one never overwrites a newer one.
    asio::awaitable<Outcome> sync(std::string customer, Steady::time_point deadline);

    // Whether a subscription belongs to a user of ours, and is for a plan: its customer does, it names nobody else, and a plan names its
    // price.
    asio::awaitable<bool> is_ours(stripe::Subscription subscription, Steady::time_point deadline);

private:
    asio::awaitable<Outcome> fetch(FetchNumber number, PaymentScope scope, std::string customer, Steady::time_point deadline);

    asio::awaitable<std::map<std::string, std::int64_t>> ranks();
    asio::awaitable<std::map<std::string, Time>> unpaid_since(UserId user, PaymentScope scope);

    stripe::Api const& api_;
    PaymentAccount& account_;
    Installation& installation_;
    Tiers const& tiers_;
    CustomerStore customers_;
    SubscriptionStore subscriptions_;
    PriceStore prices_;
    PlanStore plans_;
    std::chrono::days grace_;
};

} // namespace pollux::billing
