#include "chat/streams/stored_reply_feed.hpp"

#include "base/reason.hpp"
#include "chat/streams/feed_ear.hpp"
#include "chat/streams/text_piece.hpp"
#include "ops/log.hpp"

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds look_every{1}; // For signals that were lost.
// How long a reader who has text is left waiting when the store has no text any more, before it looks for itself.
constexpr std::chrono::milliseconds gone_wait{500};

// Adds what `part`, which begins at `from`, has after `end`. False where something is missing in between.
bool add_tail(std::string& text, std::size_t& end, std::string const& part, std::size_t from)
{
    if (from > end) return false;
    if (from + part.size() <= end) return true;
    text += part.substr(end - from);
    end = from + part.size();
    return true;
}

FeedNews join(FoundParts found, FeedPosition const& seen)
{
    FeedNews news;
    news.position = seen;
    if (found.attempt == 0 || found.attempt < seen.attempt) return news;
    bool const is_new = found.attempt != seen.attempt;
    if (is_new) news.position = {.attempt = found.attempt};
    news.state = FeedNews::State::streaming;
    news.attempt = found.attempt;
    auto const before = news.position;
    auto end = before;
    for (auto& part : found.parts) {
        if (is_new) news.model = part.model;
        bool const is_whole = add_tail(news.text, end.text_bytes, part.text, part.text_from) &&
                              add_tail(news.thoughts, end.thought_bytes, part.thoughts, part.thoughts_from);
        if (!is_whole) break;
        if (part.citations_version > end.citations_version) {
            news.citations_json = std::move(part.citations_json);
            end.citations_version = part.citations_version;
        }
        if (news.text.size() > piece_bytes_max || news.thoughts.size() > piece_bytes_max) break;
    }
    news.text = cut_piece(std::move(news.text));
    news.thoughts = cut_piece(std::move(news.thoughts));
    news.position.text_bytes = before.text_bytes + news.text.size();
    news.position.thought_bytes = before.thought_bytes + news.thoughts.size();
    news.position.citations_version = end.citations_version;
    return news;
}

} // namespace

StoredReplyFeed::StoredReplyFeed(ReplyParts& parts, bus::Signals& signals, std::function<bool()> is_needed)
    : parts_(parts), signals_(signals), is_needed_(std::move(is_needed)), copier_(parts, signals, is_needed_, here_)
{}

// --- Writing: to the feed of this process, and from there to the store ------------------------------------------------------------

asio::awaitable<void> StoredReplyFeed::begin(UserId user, MessageId reply, std::int64_t attempt, std::string model)
{
    co_await here_->begin(user, reply, attempt, std::move(model));
    note_begin(user, reply, attempt);
}

void StoredReplyFeed::note_begin(UserId user, MessageId reply, std::int64_t attempt)
{
    near_->deliver(feed_signal(reply), feed_has_more); // To those who waited for another process to write it.
    copier_.begun(user, reply, attempt);
}

asio::awaitable<void> StoredReplyFeed::append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts)
{
    return here_->append(reply, attempt, std::move(text), std::move(thoughts));
}

asio::awaitable<void> StoredReplyFeed::cite(MessageId reply, std::int64_t attempt, std::string citations_json)
{
    return here_->cite(reply, attempt, std::move(citations_json));
}

asio::awaitable<void> StoredReplyFeed::end(MessageId reply, std::int64_t attempt)
{
    co_await here_->end(reply, attempt);
    over(reply, attempt);
}

asio::awaitable<void> StoredReplyFeed::pause(MessageId reply, std::int64_t attempt)
{
    co_await here_->pause(reply, attempt);
    over(reply, attempt);
}

void StoredReplyFeed::over(MessageId reply, std::int64_t attempt)
{
    copier_.over(reply, attempt);
    if (is_needed_()) {
        signals_.publish(feed_signal(reply), feed_is_over);
    } else {
        near_->deliver(feed_signal(reply), feed_is_over);
    }
}

// --- Reading ----------------------------------------------------------------------------------------------------------------------

asio::awaitable<FeedNews> StoredReplyFeed::read(UserId user, MessageId reply, FeedPosition seen, Steady::time_point until)
{
    auto const ear = std::make_shared<FeedEar>();
    auto const subscriptions = subscribe(reply, ear);
    bool was_gone = false;
    for (;;) {
        auto const count = ear->wakeup.count();
        auto news = co_await here_->read(user, reply, seen, Steady::time_point::min());
        if (has_news(news, seen)) co_return news;
        if (news.state == FeedNews::State::streaming) co_return co_await here_->read(user, reply, seen, until);

        bool const is_over = ear->is_over; // Before looking: what was written before it is found.
        auto fetched = co_await fetch(user, reply, seen);
        if (is_closed_) co_return FeedNews{.state = FeedNews::State::closed, .position = seen};
        bool const is_gone = fetched && fetched->state == FeedNews::State::absent && seen.attempt > 0;
        if (fetched) news = std::move(*fetched);
        if (has_news(news, seen)) co_return news;
        // The writer gave up or ended, or nobody knows of it: the caller looks for itself.
        if (is_over || (is_gone && was_gone)) co_return FeedNews{.position = seen};
        auto const now = Steady::now();
        if (now >= until) co_return news;
        was_gone = is_gone;
        auto const look_at = std::min(until, is_gone ? now + gone_wait : now + look_every);
        co_await ear->wakeup.wait(count, look_at);
    }
}

StoredReplyFeed::Subscriptions StoredReplyFeed::subscribe(MessageId reply, std::shared_ptr<FeedEar> const& ear)
{
    auto const hear = [ear](std::optional<std::string_view> payload) {
        if (payload == feed_is_over) ear->is_over = true;
        ear->wakeup.notify();
    };
    return {signals_.subscribe(feed_signal(reply), hear), near_->add(feed_signal(reply), hear)};
}

asio::awaitable<std::optional<FeedNews>> StoredReplyFeed::fetch(UserId user, MessageId reply, FeedPosition seen)
{
    try {
        auto found = co_await parts_.find(user, reply, seen);
        co_return join(std::move(found), seen);
    } catch (std::exception const& failure) {
        ops::log(ops::Level::debug, "reply_parts_not_read", {{"reason", reason_of(failure)}});
        co_return std::nullopt;
    }
}

void StoredReplyFeed::close()
{
    is_closed_ = true;
    here_->close();
    copier_.close();
    near_->deliver_to_all(std::nullopt);
}

} // namespace pollux::chat
