#include "chat/reply_stream.hpp"

#include "chat/reply_stream_state.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace pollux::chat {

namespace {

using namespace std::chrono_literals;
using FeedState = bus::FeedNews::State;

// Between looks at a reply that the feed calls ended and the database does not yet.
constexpr auto commit_wait = 100ms;

class ReplyStream final : public http::EventStream {
public:
    ReplyStream(bus::ReplyFeed& feed, UserId user, Message reply, LoadMessage load, std::optional<EventId> resume_from,
                ReplyStreamPace pace, std::string first_bytes = {})
        : feed_(feed), user_(user), reply_(reply.id), load_(std::move(load)), pace_(pace), first_bytes_(std::move(first_bytes)),
          state_(reply.id, resume_from), look_at_(Steady::now() + pace.silence_absent_max)
    {
        if (reply.is_finished()) finished_ = std::make_unique<Message const>(std::move(reply));
    }

    asio::awaitable<std::optional<std::string>> next(Steady::time_point until) override
    {
        if (!first_bytes_.empty()) co_return std::exchange(first_bytes_, {});
        while (!state_.is_over()) {
            if (finished_) co_return state_.take(*finished_);
            if (is_deleted_) co_return state_.take_deleted();

            auto news = co_await feed_.read(user_, reply_, state_.position(), std::min(until, look_at_));
            if (news.state == FeedState::closed) break;
            auto bytes = state_.take(news);
            auto now = Steady::now();
            if (!bytes.empty()) {
                look_at_ = now + pace_.silence_streaming_max;
                co_return bytes;
            }
            // The feed's writer gave up or ended without a word when it comes back early and has nothing.
            bool came_early = now < std::min(until, look_at_);
            bool should_look = news.state == FeedState::ended || now >= look_at_ || (news.state == FeedState::absent && came_early);
            if (should_look) co_await look(news.state, until);
            if (now >= until && !finished_ && !is_deleted_) co_return std::string();
        }
        finished_.reset();
        co_return std::nullopt;
    }

private:
    // Asks the database whether the reply is finished.
    asio::awaitable<void> look(FeedState feed_state, Steady::time_point until)
    {
        auto loaded = co_await load_();
        auto now = Steady::now();
        look_at_ = now + (feed_state == FeedState::absent ? pace_.silence_absent_max : pace_.silence_streaming_max);
        if (!loaded) {
            is_deleted_ = loaded.error().kind() == ErrorKind::not_found; // Any other error is the database's trouble: ask again later.
        } else if (loaded->is_finished()) {
            finished_ = std::make_unique<Message const>(std::move(*loaded));
        }
        if (feed_state != FeedState::ended || finished_ || is_deleted_) co_return;
        asio::steady_timer timer(co_await asio::this_coro::executor, std::min(until, now + commit_wait));
        co_await timer.async_wait(asio::use_awaitable);
    }

    bus::ReplyFeed& feed_;
    UserId user_;
    MessageId reply_;
    LoadMessage load_;
    ReplyStreamPace pace_;
    std::string first_bytes_;
    ReplyStreamState state_;
    std::unique_ptr<Message const> finished_; // Set when it is known: from then on the feed does not matter.
    bool is_deleted_ = false;
    Steady::time_point look_at_; // When to ask the database next, if nothing comes.
};

} // namespace

asio::awaitable<Result<std::unique_ptr<http::EventStream>>> open_reply_stream(bus::ReplyFeed& feed, UserId user, MessageId reply,
                                                                              LoadMessage load, std::optional<std::string> last_event_id,
                                                                              ReplyStreamPace pace)
{
    std::optional<EventId> resume_from;
    if (last_event_id) {
        auto id = parse_event_id(*last_event_id);
        if (!id) co_return id.error();
        resume_from = *id;
    }

    auto loaded = co_await load();
    if (!loaded) co_return loaded.error();
    if (loaded->role != MessageRole::assistant) co_return not_found("message");

    if (resume_from && loaded->is_finished()) {
        if (resume_from->is_end) co_return std::unique_ptr<http::EventStream>();
        if (!stands_between_characters(*resume_from, *loaded)) co_return bad_event_id();
    } else if (resume_from) {
        auto news = co_await feed.read(user, reply, position_of(*resume_from), Steady::time_point::min());
        if (!stands_between_characters(*resume_from, news)) co_return bad_event_id();
    }
    co_return std::make_unique<ReplyStream>(feed, user, std::move(*loaded), std::move(load), resume_from, pace);
}

std::unique_ptr<http::EventStream> make_accepted_stream(bus::ReplyFeed& feed, UserId user, Message reply, LoadMessage load,
                                                        std::string accepted_json, ReplyStreamPace pace)
{
    std::string first_bytes;
    http::append_event(first_bytes, "accepted", "", accepted_json);
    return std::make_unique<ReplyStream>(feed, user, std::move(reply), std::move(load), std::nullopt, pace, std::move(first_bytes));
}

} // namespace pollux::chat
