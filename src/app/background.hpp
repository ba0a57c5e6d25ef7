// What each process looks at for itself: ended sessions every 2 s, the queue of replies every 5 s, the tasks every 15 s, payments
// and texts every minute. Work that one process does for all is a task.
#pragma once

#include "accounts/accounts_service.hpp"
#include "accounts/text_watch.hpp"
#include "app/payments.hpp"
#include "chat/queue/queue_watch.hpp"
#include "net/runtime.hpp"
#include "net/wakeup.hpp"
#include "tasks/task_watch.hpp"

#include <atomic>
#include <functional>

namespace pollux::app {

namespace asio = boost::asio;

class Background {
public:
    Background(accounts::AccountsService& accounts, chat::QueueWatch& queue, tasks::TaskWatch& tasks, Payments* payments,
               accounts::TextWatch* texts);

    void start(asio::any_io_executor executor);
    void stop(); // Starts no round any more.
    void wait(); // Blocks until the running round has ended, a second at most.

private:
    asio::awaitable<void> repeat(std::string_view name, std::chrono::milliseconds every, std::function<asio::awaitable<void>()> work);

    accounts::AccountsService& accounts_;
    chat::QueueWatch& queue_;
    tasks::TaskWatch& task_watch_;
    Payments* const payments_;         // Null: nothing is sold.
    accounts::TextWatch* const texts_; // Null: nothing is sent.
    net::TaskGroup tasks_;
    net::Wakeup stop_;
    std::atomic<bool> is_stopping_ = false;
};

} // namespace pollux::app
