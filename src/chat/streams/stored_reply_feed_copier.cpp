#include "chat/streams/stored_reply_feed_copier.hpp"

#include "base/reason.hpp"
#include "chat/streams/feed_ear.hpp"
#include "ops/failure.hpp"
#include "ops/log.hpp"

#include <unordered_set>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds copy_every{250};
constexpr std::chrono::seconds idle_look{60};      // While nothing is written here; begin() wakes.
constexpr std::size_t put_bytes_max = 1024 * 1024; // In one statement.
constexpr std::chrono::seconds stop_max{2};

ReplyPart part_of(WrittenReply reply, FeedNews news, FeedPosition const& sent, std::int64_t number)
{
    ReplyPart part{.user = reply.user, .reply = reply.reply, .attempt = news.attempt, .number = number, .model = std::move(news.model)};
    part.text_from = sent.text_bytes;
    part.thoughts_from = sent.thought_bytes;
    part.citations_version = news.position.citations_version;
    part.text = std::move(news.text);
    part.thoughts = std::move(news.thoughts);
    part.citations_json = std::move(news.citations_json);
    return part;
}

} // namespace

StoredReplyFeedCopier::StoredReplyFeedCopier(ReplyParts& parts, bus::Signals& signals, std::function<bool()> is_needed,
                                             std::shared_ptr<MemoryReplyFeed> here)
    : parts_(parts), signals_(signals), is_needed_(std::move(is_needed)), here_(std::move(here)), tasks_(ops::must_not_fail)
{}

void StoredReplyFeedCopier::begun(UserId user, MessageId reply, std::int64_t attempt)
{
    {
        std::lock_guard const lock(mutex_);
        auto& known = copied_[reply];
        if (known.attempt >= attempt) return;
        known = {.user = user, .attempt = attempt};
    }
    begun_.notify();
}

void StoredReplyFeedCopier::over(MessageId reply, std::int64_t attempt)
{
    std::lock_guard const lock(mutex_);
    auto const found = copied_.find(reply);
    if (found != copied_.end() && found->second.attempt <= attempt) {
        if (found->second.was_put) ended_.push_back({found->second.user, reply});
        copied_.erase(found);
    }
}

void StoredReplyFeedCopier::close()
{
    is_closed_ = true;
    closed_.notify();
    begun_.notify();
}

void StoredReplyFeedCopier::wait()
{
    tasks_.wait(stop_max);
}

void StoredReplyFeedCopier::start(asio::any_io_executor const& executor)
{
    tasks_.spawn(executor, copy_until_close());
}

asio::awaitable<void> StoredReplyFeedCopier::copy_until_close()
{
    bool is_clean = false; // Of what the process left behind that ran here before, if it died.
    while (!is_closed_) {
        auto const seen = begun_.count();
        if (is_clean && is_idle()) {
            co_await begun_.wait(seen, Steady::now() + idle_look);
            continue;
        }
        auto const next = Steady::now() + copy_every;
        try {
            if (!is_clean) co_await parts_.delete_stale();
            is_clean = true;
            co_await copy_all();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::debug, "reply_parts_not_written", {{"reason", reason_of(failure)}});
        }
        auto const open = closed_.count();
        if (!is_closed_) co_await closed_.wait(open, next);
    }
}

bool StoredReplyFeedCopier::is_idle() const
{
    std::lock_guard const lock(mutex_);
    return ended_.empty() && (copied_.empty() || !is_needed_());
}

std::vector<WrittenReply> StoredReplyFeedCopier::take_ended()
{
    std::lock_guard const lock(mutex_);
    return std::exchange(ended_, {});
}

// Not deleted: the next round tries again.
void StoredReplyFeedCopier::keep_ended(std::vector<WrittenReply> const& ended)
{
    std::lock_guard const lock(mutex_);
    ended_.insert(ended_.end(), ended.begin(), ended.end());
}

std::vector<std::pair<MessageId, StoredReplyFeedCopier::Copied>> StoredReplyFeedCopier::take_copied()
{
    std::lock_guard const lock(mutex_);
    for (auto& [reply, known] : copied_) known.was_put = true;
    return {copied_.begin(), copied_.end()};
}

asio::awaitable<void> StoredReplyFeedCopier::copy_all()
{
    // Nothing is being put now, so what is deleted here stays deleted.
    if (auto const ended = take_ended(); !ended.empty()) {
        try {
            co_await parts_.delete_ended(ended);
        } catch (...) {
            keep_ended(ended);
            throw;
        }
    }

    if (!is_needed_()) co_return;
    std::vector<ReplyPart> parts;
    Places ends;
    std::size_t bytes = 0;
    auto const all = take_copied();
    for (auto const& [reply, known] : all) {
        auto news = co_await here_->read(known.user, reply, known.sent, Steady::time_point::min());
        bool const is_ours = news.state == FeedNews::State::streaming && news.attempt == known.attempt;
        bool const is_new = known.sent.attempt == 0 || !news.text.empty() || !news.thoughts.empty() || !news.citations_json.empty();
        if (!is_ours || !is_new) continue;
        bytes += news.text.size() + news.thoughts.size() + news.citations_json.size();
        ends[reply] = news.position;
        parts.push_back(part_of({known.user, reply}, std::move(news), known.sent, known.parts));
        if (bytes < put_bytes_max) continue;
        co_await put(std::exchange(parts, {}), std::exchange(ends, {}));
        bytes = 0;
    }
    if (!parts.empty()) co_await put(std::move(parts), std::move(ends));
}

asio::awaitable<void> StoredReplyFeedCopier::put(std::vector<ReplyPart> parts, Places ends)
{
    auto const taken = co_await parts_.put(std::move(parts));
    note_put(ends, taken);
    for (auto reply : taken) signals_.publish(feed_signal(reply), feed_has_more);
}

void StoredReplyFeedCopier::note_put(Places const& ends, std::vector<MessageId> const& taken)
{
    std::unordered_set<MessageId> const was_taken(taken.begin(), taken.end());
    std::lock_guard const lock(mutex_);
    for (auto const& [reply, end] : ends) {
        auto const found = copied_.find(reply);
        bool const is_same = found != copied_.end() && found->second.attempt == end.attempt;
        if (!is_same) continue;
        if (was_taken.contains(reply)) {
            found->second.sent = end;
            ++found->second.parts;
        } else {
            ended_.push_back({found->second.user, reply}); // It is over, or somebody else's.
            copied_.erase(found);
        }
    }
}

} // namespace pollux::chat
