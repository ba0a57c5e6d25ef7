// A retry: another variant of a reply, in the place of the one that is shown when that one is no good.
#pragma once

#include "chat/sending/send_store.hpp"

namespace pollux::chat {

// The transaction of SendStore::retry.
asio::awaitable<Result<Sending>> retry_in(db::Transaction& transaction, RetryRequest const& request, ai::Models const& models);

} // namespace pollux::chat
