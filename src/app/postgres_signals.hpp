// Signals through PostgreSQL's LISTEN and NOTIFY, for several processes without Redis. This process hears itself at once and without
// PostgreSQL; the others hear while it is up. One channel of PostgreSQL carries all of ours, with the sender's name, by which it knows
// its own. What is published while a NOTIFY is under way goes out together with the next one.
#pragma once

#include "bus/subscribers.hpp"
#include "db/postgres/postgres_database.hpp"
#include "net/runtime.hpp"
#include "net/wakeup.hpp"

#include <atomic>
#include <deque>

namespace pollux::app {

namespace asio = boost::asio;

class PostgresSignals final : public bus::Signals {
public:
    PostgresSignals(db::PostgresDatabase& database, net::Runtime& runtime);

    void start();
    void stop(); // What was published goes out. Blocks for a moment, never on an I/O thread.

    void publish(std::string_view channel, std::string_view payload) override;
    std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) override;

    bool is_up() const { return is_up_->load(); } // Whether it was ever heard that PostgreSQL listens for us.

private:
    asio::awaitable<void> send_until_stop();
    asio::awaitable<void> send(std::vector<std::string> payloads);
    std::vector<std::string> take_some();

    db::PostgresDatabase& database_;
    net::Runtime& runtime_;
    std::string const sender_; // Random.
    // The database's thread holds both as well, and may outlive this object.
    std::shared_ptr<bus::Subscribers> const subscribers_ = std::make_shared<bus::Subscribers>();
    std::shared_ptr<std::atomic<bool>> const is_up_ = std::make_shared<std::atomic<bool>>(false);
    std::mutex mutex_;
    std::deque<std::string> pending_; // Oldest first.
    net::Wakeup published_;
    std::atomic<bool> is_stopping_ = false;
    net::TaskGroup tasks_;
};

} // namespace pollux::app
