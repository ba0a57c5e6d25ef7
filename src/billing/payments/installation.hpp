// What this installation is called at the payment provider: made once with the database, and written on everything that is made there, so
// that of two installations on one account none takes the other's users for its own. Safe from any thread.
#pragma once

#include "billing/payments/identity_store.hpp"

#include <mutex>
#include <string>

namespace pollux::billing {

class Installation {
public:
    explicit Installation(db::Database& database) : store_(database) {}

    asio::awaitable<std::string> id(); // Makes it when there is none.

private:
    IdentityStore store_;
    std::mutex mutex_;
    std::string known_;
};

} // namespace pollux::billing
