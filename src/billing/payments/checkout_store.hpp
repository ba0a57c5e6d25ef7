// The one checkout session of a user that may be open, and the operation that makes the next. Statements of several transactions; the state
// decides, so that double clicks, two tabs, two nodes and a process that dies between any two steps end in one payable session.
#pragma once

#include "billing/payments/operation_store.hpp"
#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::billing {

// By so much the provider's clock and the database's may be apart.
constexpr std::chrono::minutes clock_margin{2};

struct CheckoutRow {
    std::string session;
    std::string price;
};

class CheckoutStore {
public:
    explicit CheckoutStore(db::Database& database) : database_(database), operations_(database) {}

    asio::awaitable<std::optional<CheckoutRow>> of_user(UserId user, PaymentScope scope);

    // As far as is known here: there is one, not over a day old, and nothing was bought since. Who wants to be sure asks the provider.
    asio::awaitable<bool> may_be_open(UserId user, PaymentScope scope);

    // Of a session that is not made yet.
    asio::awaitable<std::optional<Operation>> under_way(UserId user, PaymentScope scope);

    // Begins to make one, provided that `seen` is still what stands there (a session's id; empty: none). The operation that is under way by
    // then, this one or somebody else's; nullopt: another session stands there now, or the account is gone: look again.
    asio::awaitable<std::optional<Operation>> begin(UserId user, PaymentScope scope, std::string seen, Operation operation);

    // The operation has led to this session. False: the account is gone.
    asio::awaitable<bool> put(UserId user, PaymentScope scope, Operation operation, std::string session);
    // It has led to nothing, for good.
    asio::awaitable<void> give_up(UserId user, Operation operation);

    // Of an account that is gone: what its customer may still pay, or pays, is owed an end.
    asio::awaitable<void> end_customer(std::string customer, PaymentScope scope);

    // It is not open any more.
    asio::awaitable<void> drop(UserId user, std::string session);

private:
    db::Database& database_;
    OperationStore operations_;
};

} // namespace pollux::billing
