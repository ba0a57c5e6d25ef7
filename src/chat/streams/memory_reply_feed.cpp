#include "chat/streams/memory_reply_feed.hpp"

#include "chat/streams/text_piece.hpp"

#include <optional>
#include <utility>

namespace pollux::chat {

namespace {

// At most a piece of text[offset:], cut between characters.
std::string piece(std::string const& text, std::size_t offset)
{
    if (offset >= text.size()) return {};
    return text.substr(offset, piece_end(text, offset) - offset);
}

} // namespace

// Guarded by its shard's mutex, but for the wakeup. Stays in the map while it has readers.
struct MemoryReplyFeed::Entry {
    enum class State { waited_for, written, ended };

    explicit Entry(std::atomic<std::size_t>& bytes_of_all) : bytes_of_all_(bytes_of_all) {}
    Entry(Entry const&) = delete;
    Entry& operator=(Entry const&) = delete;
    ~Entry() { bytes_of_all_ -= text.size() + thoughts.size(); }

    State state = State::waited_for;
    std::int64_t attempt = 0;
    std::string model;
    std::string text;
    std::string thoughts;
    std::string citations_json;
    std::uint64_t citations_version = 0;
    std::size_t readers = 0;
    net::Wakeup wakeup;

    void clear(std::int64_t new_attempt, State new_state)
    {
        bytes_of_all_ -= text.size() + thoughts.size();
        state = new_state;
        attempt = new_attempt;
        model = {};
        text = {};
        thoughts = {};
        citations_json = {};
        citations_version = 0;
    }

    void append(std::string const& more_text, std::string const& more_thoughts)
    {
        text += more_text;
        thoughts += more_thoughts;
        bytes_of_all_ += more_text.size() + more_thoughts.size();
    }

    bool has_news(FeedPosition const& seen) const
    {
        if (state == State::waited_for || attempt < seen.attempt) return false;
        return state == State::ended || attempt > seen.attempt || text.size() > seen.text_bytes || thoughts.size() > seen.thought_bytes ||
               citations_version > seen.citations_version;
    }

    FeedNews news_after(FeedPosition seen) const
    {
        FeedNews news;
        news.position = seen;
        if (state == State::waited_for || attempt < seen.attempt) return news;

        if (attempt > seen.attempt) {
            seen = {.attempt = attempt};
            news.model = model;
        }
        news.attempt = attempt;
        news.text = piece(text, seen.text_bytes);
        news.thoughts = piece(thoughts, seen.thought_bytes);
        if (citations_version > seen.citations_version) news.citations_json = citations_json;
        news.position = {attempt, seen.text_bytes + news.text.size(), seen.thought_bytes + news.thoughts.size(), citations_version};
        bool const is_all = news.position.text_bytes >= text.size() && news.position.thought_bytes >= thoughts.size();
        news.state = state == State::ended && is_all ? FeedNews::State::ended : FeedNews::State::streaming;
        return news;
    }

private:
    std::atomic<std::size_t>& bytes_of_all_;
};

// Holds an entry in the map while a reader waits. The reader's coroutine may be destroyed anywhere, so this is a destructor's work.
class MemoryReplyFeed::ReaderCount {
public:
    ReaderCount(Shard& shard, MessageId reply, std::shared_ptr<Entry> entry) : shard_(shard), reply_(reply), entry_(std::move(entry))
    {
        ++entry_->readers; // Under the shard's lock.
    }
    ReaderCount(ReaderCount const&) = delete;
    ReaderCount& operator=(ReaderCount const&) = delete;
    ~ReaderCount()
    {
        std::lock_guard const lock(shard_.mutex);
        if (--entry_->readers == 0 && entry_->state == Entry::State::waited_for) shard_.entries.erase(reply_);
    }

    Entry& entry() { return *entry_; }

private:
    Shard& shard_;
    MessageId reply_;
    std::shared_ptr<Entry> entry_;
};

MemoryReplyFeed::MemoryReplyFeed(ReplyFeedLimits limits, SteadyNow now) : limits_(limits), now_(std::move(now)) {}

MemoryReplyFeed::~MemoryReplyFeed() = default;

MemoryReplyFeed::Shard& MemoryReplyFeed::shard_of(MessageId reply)
{
    // Replies often have every second id: take the top bits of a product instead of the low bits of the id.
    auto mixed = static_cast<std::uint64_t>(reply.value) * 0x9E37'79B9'7F4A'7C15u;
    return shards_[mixed >> 58];
}

void MemoryReplyFeed::drop(Shard& shard, MessageId reply)
{
    auto found = shard.entries.find(reply);
    auto& entry = *found->second;
    if (entry.state == Entry::State::written) --shard.written;
    if (entry.readers == 0) {
        shard.entries.erase(found);
    } else {
        entry.clear(entry.attempt, Entry::State::waited_for);
    }
}

void MemoryReplyFeed::forget_old(Shard& shard)
{
    auto kept_max = limits_.ended_max / shard_count + 1;
    auto now = now_();
    while (!shard.ended.empty() && (shard.ended.size() > kept_max || shard.ended.front().forget_at <= now)) {
        auto old = shard.ended.front();
        shard.ended.pop_front();
        auto found = shard.entries.find(old.reply);
        bool const is_same =
            found != shard.entries.end() && found->second->state == Entry::State::ended && found->second->attempt == old.attempt;
        if (is_same) drop(shard, old.reply);
    }
}

asio::awaitable<void> MemoryReplyFeed::begin(UserId, MessageId reply, std::int64_t attempt, std::string model)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(reply);
        std::lock_guard const lock(shard.mutex);
        forget_old(shard);
        auto found = shard.entries.find(reply);
        bool const is_known = found != shard.entries.end();
        if (is_known && found->second->attempt >= attempt) co_return;
        if (!is_known || found->second->state != Entry::State::written) {
            if (shard.written > limits_.written_max / shard_count) co_return;
            ++shard.written;
        }
        auto& slot = shard.entries[reply];
        if (!slot) slot = std::make_shared<Entry>(bytes_);
        slot->clear(attempt, Entry::State::written);
        slot->model = std::move(model);
        entry = slot;
    }
    entry->wakeup.notify();
}

// A write without its beginning (the feed was lost) or of another attempt changes nothing: half a text would be worse than none.
template <class Change>
void MemoryReplyFeed::change(MessageId reply, std::int64_t attempt, Change apply)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(reply);
        std::lock_guard const lock(shard.mutex);
        auto found = shard.entries.find(reply);
        if (found == shard.entries.end()) return;
        if (found->second->state != Entry::State::written || found->second->attempt != attempt) return;
        entry = found->second;
        apply(*entry);
        if (bytes_ > limits_.bytes_max) drop(shard, reply);
    }
    entry->wakeup.notify();
}

asio::awaitable<void> MemoryReplyFeed::append(MessageId reply, std::int64_t attempt, std::string text, std::string thoughts)
{
    change(reply, attempt, [&](Entry& entry) { entry.append(text, thoughts); });
    co_return;
}

asio::awaitable<void> MemoryReplyFeed::cite(MessageId reply, std::int64_t attempt, std::string citations_json)
{
    change(reply, attempt, [&](Entry& entry) {
        entry.citations_json = std::move(citations_json);
        ++entry.citations_version;
    });
    co_return;
}

asio::awaitable<void> MemoryReplyFeed::end(MessageId reply, std::int64_t attempt)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(reply);
        std::lock_guard const lock(shard.mutex);
        forget_old(shard);
        auto found = shard.entries.find(reply);
        if (found == shard.entries.end() || found->second->attempt > attempt) co_return;
        entry = found->second;
        if (entry->state == Entry::State::ended && entry->attempt == attempt) co_return;
        if (entry->state == Entry::State::written && entry->attempt == attempt) {
            entry->state = Entry::State::ended;
            --shard.written;
            shard.ended.push_back({now_() + limits_.ended_kept, reply, attempt});
        } else {
            drop(shard, reply); // It ended without having been written here: what is here is not its text.
        }
    }
    entry->wakeup.notify();
}

asio::awaitable<void> MemoryReplyFeed::pause(MessageId reply, std::int64_t attempt)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(reply);
        std::lock_guard const lock(shard.mutex);
        auto found = shard.entries.find(reply);
        if (found == shard.entries.end()) co_return;
        entry = found->second;
        if (entry->state != Entry::State::written || entry->attempt != attempt) co_return;
        drop(shard, reply);
    }
    entry->wakeup.notify();
}

asio::awaitable<FeedNews> MemoryReplyFeed::read(UserId, MessageId reply, FeedPosition seen, Steady::time_point until)
{
    auto& shard = shard_of(reply);
    std::optional<ReaderCount> reader; // Destroyed after every lock below is released.
    std::uint64_t count = 0;
    {
        std::lock_guard const lock(shard.mutex);
        forget_old(shard);
        if (is_closed_) co_return FeedNews{.state = FeedNews::State::closed, .position = seen};
        auto found = shard.entries.find(reply);
        bool const is_known = found != shard.entries.end();
        if (is_known && found->second->has_news(seen)) co_return found->second->news_after(seen);
        if (until <= Steady::now()) co_return is_known ? found->second->news_after(seen) : FeedNews{.position = seen};
        auto entry = is_known ? found->second : (shard.entries[reply] = std::make_shared<Entry>(bytes_));
        reader.emplace(shard, reply, entry);
        count = entry->wakeup.count();
    }
    co_await reader->entry().wakeup.wait(count, until);
    std::lock_guard const lock(shard.mutex);
    if (is_closed_) co_return FeedNews{.state = FeedNews::State::closed, .position = seen};
    co_return reader->entry().news_after(seen);
}

void MemoryReplyFeed::close()
{
    is_closed_ = true;
    for (auto& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        for (auto& [reply, entry] : shard.entries) entry->wakeup.notify();
    }
}

std::size_t MemoryReplyFeed::size() const
{
    std::size_t sum = 0;
    for (auto& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        sum += shard.entries.size();
    }
    return sum;
}

} // namespace pollux::chat
