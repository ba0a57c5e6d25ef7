// An account's end, as the service brings it about, for tests of whoever works for it at that moment.
#pragma once

#include "accounts/user_store.hpp"
#include "app/deletion_tasks.hpp"
#include "billing/billing_service.hpp"

namespace pollux::test {

namespace asio = boost::asio;

inline asio::awaitable<int> erase_in(db::Transaction& transaction, UserId user)
{
    co_await app::begin_erasure(transaction, user);
    co_await billing::erase_user(transaction, user);
    co_await accounts::UserStore::let_go(transaction, user);
    co_return 0;
}

template <class Temp>
void erase_account(Temp& temp, UserId user)
{
    temp.run(temp.database().transact([user](db::Transaction& transaction) { return erase_in(transaction, user); }));
}

} // namespace pollux::test
