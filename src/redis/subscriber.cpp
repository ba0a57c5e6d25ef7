#include "redis/subscriber.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds open_max{1'000};
constexpr milliseconds ping_every{1'000};
constexpr int pings_unanswered_max = 2;
constexpr milliseconds pause_min{50};
constexpr milliseconds pause_max{1'000};

} // namespace

Subscriber::Subscriber(asio::any_io_executor executor, Server& server, Watch& watch, Events events)
    : server_(server), watch_(watch), events_(std::move(events)), timer_(executor), ping_timer_(executor)
{
    watch_.expect();
}

asio::awaitable<void> Subscriber::run()
{
    auto pause = pause_min;
    while (!is_stopping_) {
        refusals_seen_ = watch_.refusals();
        link_ = std::make_shared<Link>(executor(), server_);
        bool const is_open = co_await link_->open(open_max);
        if (is_open && !is_stopping_) {
            pause = pause_min;
            co_await serve();
            if (!is_stopping_) watch_.lost(link_->failure());
        } else if (!is_stopping_) {
            watch_.failed(link_->failure());
        }
        if (is_stopping_) co_return;
        timer_.expires_after(pause);
        pause = std::min(pause * 2, pause_max);
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

asio::awaitable<void> Subscriber::serve()
{
    watch_.opened(*link_);
    subscribe_to_all();
    pings_unanswered_ = 0;
    expect_pong();
    for (;;) {
        auto const reply = co_await link_->read();
        if (!reply) break;
        take(*reply);
    }
    is_up_ = false;
    ping_timer_.cancel();
}

asio::awaitable<void> Subscriber::stop()
{
    is_stopping_ = true;
    if (link_) link_->close("Pollux stops");
    timer_.cancel();
    ping_timer_.cancel();
    co_return;
}

void Subscriber::expect_pong()
{
    link_->write(command({"PING"}));
    ++pings_unanswered_;
    ping_timer_.expires_after(ping_every);
    ping_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled || !link_->is_open()) return;
        // Nothing is written here, so a Redis that became a replica is not noticed here either; what it publishes is no use then.
        if (watch_.refusals() != refusals_seen_) return link_->close("Redis refuses to write");
        if (pings_unanswered_ >= pings_unanswered_max) return link_->close("no answer in time");
        expect_pong();
    });
}

// Under the lock up to is_up_, so that a channel that is wanted meanwhile is either in the set or told by want().
void Subscriber::subscribe_to_all()
{
    std::lock_guard const lock(mutex_);
    for (auto const& channel : wanted_) link_->write(command({"SUBSCRIBE", channel}));
    is_up_ = true;
}

void Subscriber::take(Reply const& reply)
{
    pings_unanswered_ = 0; // Whatever came, came.
    if (reply.is_error()) return link_->close(reply.text);
    bool const is_push = reply.kind == Reply::Kind::list && reply.list.size() == 3;
    if (!is_push) return; // PONG, in one of its two forms.
    auto const& what = reply.list[0].text;
    if (what == "message") events_.published(reply.list[1].text, reply.list[2].text);
    if (what == "subscribe") events_.subscribed(reply.list[1].text);
}

void Subscriber::want(std::string channel)
{
    {
        std::lock_guard const lock(mutex_);
        bool const is_new = wanted_.insert(channel).second;
        if (!is_new || !is_up_) return;
    }
    asio::post(executor(), [this, channel = std::move(channel)] { tell("SUBSCRIBE", channel); });
}

void Subscriber::drop(std::string channel)
{
    {
        std::lock_guard const lock(mutex_);
        if (wanted_.erase(channel) == 0 || !is_up_) return;
    }
    asio::post(executor(), [this, channel = std::move(channel)] { tell("UNSUBSCRIBE", channel); });
}

void Subscriber::tell(std::string_view word, std::string const& channel)
{
    if (is_up_ && link_->is_open()) link_->write(command({word, channel}));
}

} // namespace pollux::redis
