#include "bus/memory_notices.hpp"

#include "base/literals.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pollux::bus {

namespace {

constexpr std::size_t batch_bytes_max = 64_KiB; // What is over comes with the next read().

} // namespace

// Guarded by its shard's mutex, but for the wakeup. In the map while it has notices or readers.
struct MemoryNotices::Entry {
    struct Kept {
        std::uint64_t number = 0;
        std::string name;
        std::string json;

        std::size_t bytes() const { return sizeof(Kept) + name.size() + json.size(); }
    };

    std::deque<Kept> kept;           // Oldest first.
    std::uint64_t dropped_up_to = 0; // Notices up to this number are not known any more.
    std::size_t bytes = 0;           // Of `kept`.
    std::size_t readers = 0;
    net::Wakeup wakeup;
};

struct MemoryNotices::Shard {
    // Every notice in the order of its coming, so that age and number are bounded without looking at each user.
    struct Arrival {
        std::uint64_t number = 0;
        UserId user;
        Steady::time_point at;
    };

    std::mutex mutex;
    std::unordered_map<UserId, std::shared_ptr<Entry>> entries;
    std::deque<Arrival> arrivals;
    std::size_t bytes = 0;           // Of all notices.
    std::uint64_t dropped_up_to = 0; // Of users that were forgotten: their later entries cannot know more.

    std::shared_ptr<Entry> entry(UserId user)
    {
        auto& slot = entries[user];
        if (!slot) {
            slot = std::make_shared<Entry>();
            slot->dropped_up_to = dropped_up_to;
        }
        return slot;
    }

    void keep(Entry& entry, Entry::Kept notice)
    {
        entry.bytes += notice.bytes();
        bytes += notice.bytes();
        entry.kept.push_back(std::move(notice));
    }

    void drop_oldest(Entry& entry)
    {
        auto const& oldest = entry.kept.front();
        entry.dropped_up_to = oldest.number;
        entry.bytes -= oldest.bytes();
        bytes -= oldest.bytes();
        entry.kept.pop_front();
    }

    void forget_up_to(Entry& entry, std::uint64_t number)
    {
        bytes -= entry.bytes;
        entry.bytes = 0;
        entry.kept.clear();
        entry.dropped_up_to = number;
    }

    void forget_if_idle(UserId user, Entry const& entry)
    {
        if (!entry.kept.empty() || entry.readers != 0) return;
        dropped_up_to = std::max(dropped_up_to, entry.dropped_up_to);
        entries.erase(user);
    }
};

// Holds an entry in the map while a reader waits; the reader's coroutine may be destroyed anywhere.
class MemoryNotices::ReaderCount {
public:
    ReaderCount(Shard& shard, UserId user, std::shared_ptr<Entry> entry) : shard_(shard), user_(user), entry_(std::move(entry))
    {
        ++entry_->readers; // Under the shard's lock.
    }
    ReaderCount(ReaderCount const&) = delete;
    ReaderCount& operator=(ReaderCount const&) = delete;
    ~ReaderCount()
    {
        std::lock_guard const lock(shard_.mutex);
        --entry_->readers;
        shard_.forget_if_idle(user_, *entry_);
    }

    Entry& entry() { return *entry_; }

private:
    Shard& shard_;
    UserId user_;
    std::shared_ptr<Entry> entry_;
};

MemoryNotices::MemoryNotices(NoticeLimits limits, SteadyNow now)
    : limits_(limits), now_(std::move(now)), epoch_(to_hex(random_bytes(6))), shards_(std::make_unique<std::array<Shard, shard_count>>())
{}

MemoryNotices::~MemoryNotices() = default;

MemoryNotices::Shard& MemoryNotices::shard_of(UserId user) const
{
    return (*shards_)[static_cast<std::uint64_t>(user.value) % shard_count];
}

void MemoryNotices::forget_old(Shard& shard)
{
    auto oldest = now_() - limits_.kept;
    auto count_max = limits_.total_max / shard_count + 1;
    auto bytes_max = limits_.total_bytes_max / shard_count;
    while (!shard.arrivals.empty()) {
        bool const is_over = shard.arrivals.size() > count_max || shard.bytes > bytes_max;
        if (!is_over && shard.arrivals.front().at > oldest) return;
        auto arrival = shard.arrivals.front();
        shard.arrivals.pop_front();
        auto found = shard.entries.find(arrival.user);
        if (found == shard.entries.end()) continue;
        auto entry = found->second;
        bool const is_there = !entry->kept.empty() && entry->kept.front().number == arrival.number; // Or the user had too many.
        if (is_there) shard.drop_oldest(*entry);
        shard.forget_if_idle(arrival.user, *entry);
    }
}

void MemoryNotices::publish(UserId user, std::string name, std::string json)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(user);
        std::lock_guard const lock(shard.mutex);
        forget_old(shard);
        entry = shard.entry(user);
        auto number = ++last_number_; // Under the lock: the numbers of one user rise in the order they are kept.
        shard.keep(*entry, {number, std::move(name), std::move(json)});
        while (entry->kept.size() > limits_.per_user_max || entry->bytes > limits_.per_user_bytes_max) shard.drop_oldest(*entry);
        shard.arrivals.push_back({number, user, now_()});
    }
    entry->wakeup.notify();
}

std::uint64_t MemoryNotices::number_of(std::string_view id) const
{
    if (!id.starts_with(epoch_) || id.size() <= epoch_.size() || id[epoch_.size()] != '-') return 0;
    auto number = parse_integer(id.substr(epoch_.size() + 1));
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::string MemoryNotices::id_of(std::uint64_t number) const
{
    return epoch_ + '-' + std::to_string(number);
}

// Under the shard's lock, so that last_number_ counts every notice of this user.
NoticeBatch MemoryNotices::collect(Entry const& entry, std::uint64_t after) const
{
    NoticeBatch batch;
    batch.is_closed = is_closed_;
    batch.last_id = id_of(last_number_);
    auto next = std::upper_bound(entry.kept.begin(), entry.kept.end(), after,
                                 [](std::uint64_t number, Entry::Kept const& kept) { return number < kept.number; });
    for (std::size_t bytes = 0; next != entry.kept.end(); ++next) {
        bytes += next->bytes();
        if (bytes > batch_bytes_max && !batch.notices.empty()) {
            batch.last_id = batch.notices.back().id;
            break;
        }
        batch.notices.push_back({id_of(next->number), next->name, next->json});
    }
    return batch;
}

asio::awaitable<NoticeBatch> MemoryNotices::read(UserId user, std::string after, Steady::time_point until)
{
    auto& shard = shard_of(user);
    std::optional<ReaderCount> reader; // Destroyed after every lock below is released.
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    {
        std::lock_guard const lock(shard.mutex);
        forget_old(shard);
        auto last = last_number_.load();
        number = after.empty() ? last : number_of(after);
        auto found = shard.entries.find(user);
        auto dropped_up_to = found == shard.entries.end() ? shard.dropped_up_to : found->second->dropped_up_to;
        if (number == 0 || number > last || number < dropped_up_to) {
            co_return NoticeBatch{.is_reset = true, .last_id = id_of(last), .notices = {}, .is_closed = is_closed_};
        }
        auto entry = shard.entry(user);
        reader.emplace(shard, user, entry);
        auto batch = collect(*entry, number);
        if (!batch.notices.empty() || batch.is_closed || until <= Steady::now()) co_return batch;
        count = entry->wakeup.count();
    }
    co_await reader->entry().wakeup.wait(count, until);
    std::lock_guard const lock(shard.mutex);
    if (number < reader->entry().dropped_up_to) {
        co_return NoticeBatch{.is_reset = true, .last_id = id_of(last_number_), .notices = {}, .is_closed = is_closed_};
    }
    co_return collect(reader->entry(), number);
}

void MemoryNotices::forget(UserId user)
{
    std::shared_ptr<Entry> entry;
    {
        auto& shard = shard_of(user);
        std::lock_guard const lock(shard.mutex);
        entry = shard.entry(user);
        shard.forget_up_to(*entry, ++last_number_);
        shard.forget_if_idle(user, *entry);
    }
    entry->wakeup.notify();
}

void MemoryNotices::forget_all()
{
    for (auto& shard : *shards_) {
        std::lock_guard const lock(shard.mutex);
        shard.dropped_up_to = ++last_number_;
        for (auto& [user, entry] : shard.entries) {
            shard.forget_up_to(*entry, shard.dropped_up_to);
            entry->wakeup.notify();
        }
        std::erase_if(shard.entries, [](auto const& known) { return known.second->readers == 0; });
        shard.arrivals.clear();
    }
}

void MemoryNotices::close()
{
    is_closed_ = true;
    for (auto& shard : *shards_) {
        std::lock_guard const lock(shard.mutex);
        for (auto& [user, entry] : shard.entries) entry->wakeup.notify();
    }
}

std::size_t MemoryNotices::users() const
{
    std::size_t sum = 0;
    for (auto& shard : *shards_) {
        std::lock_guard const lock(shard.mutex);
        sum += shard.entries.size();
    }
    return sum;
}

} // namespace pollux::bus
