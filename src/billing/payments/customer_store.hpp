// Which user is which customer at the payment provider, and what was fetched of them there. "One customer for ever" rests on these rows:
// no object of the provider's makes somebody a customer, whatever is written on it.
#pragma once

#include "billing/payments/fetched_state.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

// A fetch that was begun: of what is fetched, the one with the highest number is the newest.
struct FetchNumber {
    UserId user;
    std::string customer; // The user may be another one by the time it ends: then it is of nobody.
    std::int64_t number = 0;
};

class CustomerStore {
public:
    explicit CustomerStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::optional<std::string>> customer_of(UserId user, PaymentScope scope);
    static asio::awaitable<std::optional<std::string>> customer_in(db::Transaction& transaction, UserId user, PaymentScope scope);
    // Of every mode and account.
    static asio::awaitable<std::vector<std::pair<PaymentScope, std::string>>> all_of_user(db::Transaction& transaction, UserId user);
    static asio::awaitable<std::optional<UserId>> user_of(db::Transaction& transaction, std::string customer, PaymentScope scope);

    asio::awaitable<std::optional<UserId>> user_of(std::string customer, PaymentScope scope);

    // Before the provider is asked; nullopt: nobody of ours is this customer.
    asio::awaitable<std::optional<FetchNumber>> begin_fetch(std::string customer, PaymentScope scope);

    // What was fetched, unless something newer stands there already. True: somebody's tier is another one now.
    asio::awaitable<bool> write(FetchNumber fetch, PaymentScope scope, FetchedState state);

    // The provider has deleted the customer: whoever it was is none any more, and what was bought ends. True: as for write().
    asio::awaitable<bool> unlink(FetchNumber fetch, PaymentScope scope);

    // False: the user is another customer already, or is gone.
    static asio::awaitable<bool> link(db::Transaction& transaction, UserId user, PaymentScope scope, std::string customer);

private:
    db::Database& database_;
};

} // namespace pollux::billing
