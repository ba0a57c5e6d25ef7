#include "chat/streams/reply_follower.hpp"

#include "base/unavailable.hpp"
#include "ops/log.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace pollux::chat {
namespace {

using FeedState = FeedNews::State;

// Between looks at a reply that the feed calls ended and the database does not yet.
constexpr std::chrono::milliseconds commit_wait{100};
// Between looks while the database cannot be asked. Readers are many, and each of them asks.
constexpr std::chrono::milliseconds outage_wait{500};

bool is_more(FeedNews const& news, FeedPosition const& seen)
{
    bool const is_known = news.state == FeedState::streaming || news.state == FeedState::ended;
    if (!is_known || news.attempt < seen.attempt) return false;
    return news.attempt > seen.attempt || !news.text.empty() || !news.thoughts.empty() || !news.citations_json.empty();
}

} // namespace

ReplyFollower::ReplyFollower(ReplyFeed& feed, UserId user, Message reply, LoadMessage load, ReplyPace pace)
    : feed_(feed), user_(user), reply_(std::move(reply)), load_(std::move(load)), pace_(pace),
      look_at_(look_after_silence(FeedState::absent, Steady::now()))
{}

Steady::time_point ReplyFollower::look_after_silence(FeedState feed_state, Steady::time_point now) const
{
    if (feed_state != FeedState::absent) return now + pace_.silence_streaming_max;
    return now + (reply_.waiting ? std::min(pace_.silence_queued_max, pace_.silence_absent_max) : pace_.silence_absent_max);
}

asio::awaitable<ReplyFollower::Step> ReplyFollower::next(FeedPosition seen, Steady::time_point until)
{
    for (;;) {
        if (reply_.is_finished()) co_return Step{Outcome::finished, {}};
        if (is_deleted_) co_return Step{Outcome::deleted, {}};
        if (reply_.waiting != std::exchange(told_, reply_.waiting) && reply_.waiting) co_return Step{Outcome::waits, {}};

        auto news = co_await feed_.read(user_, reply_.id, seen, std::min(until, look_at_));
        if (news.state == FeedState::closed) co_return Step{Outcome::closed, {}};
        auto const now = Steady::now();
        if (is_more(news, seen)) {
            look_at_ = now + pace_.silence_streaming_max;
            reply_.waiting = told_ = std::nullopt; // Whatever it waited for is over.
            co_return Step{Outcome::news, std::move(news)};
        }
        // The feed's writer gave up or ended without a word when it comes back early and has nothing.
        bool const came_early = now < std::min(until, look_at_);
        bool const should_look = news.state == FeedState::ended || now >= look_at_ || (news.state == FeedState::absent && came_early);
        if (should_look) co_await look_after(news.state, until);
        if (now >= until && !reply_.is_finished() && !is_deleted_) co_return Step{Outcome::nothing, {}};
    }
}

asio::awaitable<void> ReplyFollower::look_after(FeedState feed_state, Steady::time_point until)
{
    co_await look();
    auto const now = Steady::now();
    look_at_ = look_after_silence(feed_state, now);
    if (!could_look_) look_at_ = now + std::min(pace_.silence_absent_max, outage_wait);
    if (feed_state != FeedState::ended || reply_.is_finished() || is_deleted_) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, std::min(until, could_look_ ? now + commit_wait : look_at_));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> ReplyFollower::look()
{
    could_look_ = false;
    try {
        auto loaded = co_await load_();
        could_look_ = true;
        if (loaded) {
            reply_ = std::move(*loaded);
        } else {
            could_look_ = is_deleted_ = loaded.error().kind() == ErrorKind::not_found;
        }
    } catch (UnavailableError const& failure) {
        ops::log(ops::Level::debug, "reply_not_read", {{"reason", failure.what()}});
    }
}

} // namespace pollux::chat
