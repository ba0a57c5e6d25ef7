// The last texts that were to be sent, for who tries things out: in debug alone. They are sealed in the database, so that every process
// shows the same, and a copy of the database shows none.
#pragma once

#include "base/json.hpp"
#include "db/database.hpp"
#include "http/router.hpp"
#include "tasks/seal.hpp"

#include <string>
#include <vector>

namespace pollux::accounts::sms {

namespace asio = boost::asio;

constexpr int inbox_texts_max = 100; // Shown, and kept; for a day.

struct DevText {
    std::string to;
    std::string purpose;
    std::string text;
    Time sent_at;
};
POLLUX_DESCRIBE(DevText, (to, purpose, text, sent_at))

class DevInbox {
public:
    DevInbox(db::Database& database, tasks::Seal seal) : database_(database), seal_(std::move(seal)) {}

    asio::awaitable<void> keep(db::Transaction& transaction, DevText text);
    asio::awaitable<std::vector<DevText>> texts(); // The newest first.
    asio::awaitable<void> erase_old(Time now);

private:
    db::Database& database_;
    tasks::Seal seal_;
};

// GET /dev/inbox/: a page for browsers, else JSON. The codes in it open accounts, so pages of other origins are refused.
void add_inbox_routes(http::Router& router, DevInbox& inbox);

} // namespace pollux::accounts::sms
