// LISTEN and NOTIFY: how processes that share a PostgreSQL tell each other that something happened. A process that is not connected at that
// moment never hears of it, so nothing may rest on it: it only saves waiting. The connection that feels PostgreSQL's pulse listens; when
// it breaks, it is replaced and listens again.
#pragma once

#include "db/database.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::db {

// Called on the database's thread: be quick, do not throw, and use the database only by posting.
struct Listener {
    std::function<void(std::string_view payload)> on_payload;
    std::function<void()> on_listening; // From now on payloads come; earlier ones may have been missed. Again after each reconnection.
};

// Tells everybody who listens to the channel, this process too; equal payloads of one call arrive once. All at once, because PostgreSQL
// lets only one transaction with notifications commit at a time. The name of a channel is [a-z0-9_], at most 63 characters; a payload
// is text of at most 7,999 bytes.
asio::awaitable<void> notify(Database& database, std::string channel, std::vector<std::string> payloads);

} // namespace pollux::db
