// Changes at the provider that were begun and whose end is not known here yet: each is written down before its call, with a random number
// that the provider knows it by and its exact parameters, so that whoever comes next repeats that very call and gets its outcome. One that
// can be repeated no more is spent: it stays until somebody has looked for what it may have led to, and only then another begins.
#pragma once

#include "billing/tier_store.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>

namespace pollux::billing {

namespace asio = boost::asio;

enum class OperationKind { customer, checkout };

struct Operation {
    std::string id;         // Random; the provider's idempotency key.
    std::string parameters; // The body, byte by byte.
    std::string subject;    // What else is to be known at its end, such as the price.
    bool is_spent = false;  // Older than operation_kept: the provider would take its call for a new one.
};

// The provider knows an idempotency key for a day from its first call on, which comes after the row. An hour less: a call that begins in
// time may reach it later.
constexpr std::chrono::hours operation_kept{23};

class OperationStore {
public:
    explicit OperationStore(db::Database& database) : database_(database) {}

    // The one that is under way, of this mode and account; it may be spent.
    asio::awaitable<std::optional<Operation>> under_way(UserId user, OperationKind kind, PaymentScope scope);

    // The one that is under way, else this one from now on. The user's lock is held; nullopt: the account is gone.
    static asio::awaitable<std::optional<Operation>> begin(db::Transaction& transaction, UserId user, OperationKind kind,
                                                           PaymentScope scope, Operation operation);

    // With what it led to, in one transaction. False: somebody else has ended it.
    static asio::awaitable<bool> end(db::Transaction& transaction, UserId user, OperationKind kind, std::string id);

    // Whichever it is: what it would lead to counts for nobody.
    static asio::awaitable<void> end_all(db::Transaction& transaction, UserId user, OperationKind kind, PaymentScope scope);

private:
    db::Database& database_;
};

} // namespace pollux::billing
