#include "app/background.hpp"

#include "base/reason.hpp"
#include "ops/failure.hpp"
#include "ops/log.hpp"

namespace pollux::app {

Background::Background(accounts::AccountsService& accounts, chat::QueueWatch& queue, tasks::TaskWatch& tasks, Payments* payments,
                       accounts::TextWatch* texts)
    : accounts_(accounts), queue_(queue), task_watch_(tasks), payments_(payments), texts_(texts), tasks_(ops::must_not_fail)
{}

void Background::start(asio::any_io_executor executor)
{
    tasks_.spawn(executor, repeat("poll_ended_sessions", std::chrono::seconds(2), [this] { return accounts_.poll_ended_sessions(); }));
    tasks_.spawn(executor, repeat("watch_queue", std::chrono::seconds(5), [this] { return queue_.look(); }));
    tasks_.spawn(executor, repeat("watch_tasks", std::chrono::seconds(15), [this] { return task_watch_.look(); }));
    if (payments_ != nullptr)
        tasks_.spawn(executor, repeat("watch_payments", std::chrono::minutes(1), [this] { return payments_->look(); }));
    if (texts_ != nullptr) tasks_.spawn(executor, repeat("watch_texts", std::chrono::minutes(1), [this] { return texts_->look(); }));
}

void Background::stop()
{
    is_stopping_ = true;
    stop_.notify();
}

void Background::wait()
{
    tasks_.wait(std::chrono::seconds(1));
}

asio::awaitable<void> Background::repeat(std::string_view name, std::chrono::milliseconds every,
                                         std::function<asio::awaitable<void>()> work)
{
    while (true) {
        auto seen = stop_.count();
        if (is_stopping_) co_return;
        co_await stop_.wait(seen, Steady::now() + every);
        if (is_stopping_) co_return;
        // The end of a job: a database that is away for a while does not end the rounds.
        try {
            co_await work();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "background_failed", {{"work", name}, {"reason", reason_of(failure)}});
        }
    }
}

} // namespace pollux::app
