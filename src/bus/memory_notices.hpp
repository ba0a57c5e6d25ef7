// The notices of one process. Kept per user, 1,000 or 1 MiB or 5 minutes, and bounded in all; a user whom nobody reads is forgotten
// with their last notice. Ids are `<epoch>-<n>`: the epoch is random per process start, so an id of an earlier process is unknown and
// its reader is told to fetch everything again. Safe from any thread.
#pragma once

#include "base/literals.hpp"
#include "base/steady_now.hpp"
#include "bus/notices.hpp"
#include "net/wakeup.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace pollux::bus {

struct NoticeLimits {
    std::chrono::seconds kept{300};
    std::size_t per_user_max = 1'000;
    std::size_t per_user_bytes_max = 1_MiB;
    std::size_t total_max = 256'000; // Of all users; the oldest go first.
    std::size_t total_bytes_max = 256_MiB;
};

class MemoryNotices final : public Notices {
public:
    explicit MemoryNotices(NoticeLimits limits = {}, SteadyNow now = steady_now());
    ~MemoryNotices() override;

    void publish(UserId user, std::string name, std::string json) override;
    asio::awaitable<NoticeBatch> read(UserId user, std::string after, Steady::time_point until) override;
    void close() override;

    // Notices may have been missed: readers from before, of this user or of all, are told to fetch everything again.
    void forget(UserId user);
    void forget_all();

    std::size_t users() const; // With a notice or a reader right now.

private:
    struct Entry;
    struct Shard;
    class ReaderCount;
    static constexpr std::size_t shard_count = 64;

    Shard& shard_of(UserId user) const;
    void forget_old(Shard& shard);
    std::uint64_t number_of(std::string_view id) const; // 0: not an id of this process.
    std::string id_of(std::uint64_t number) const;
    NoticeBatch collect(Entry const& entry, std::uint64_t after) const;

    NoticeLimits limits_;
    SteadyNow now_;
    std::string epoch_;
    std::unique_ptr<std::array<Shard, shard_count>> shards_;
    std::atomic<std::uint64_t> last_number_ = 1; // Of all users; 1 is nobody's notice but where a first reader starts.
    std::atomic<bool> is_closed_ = false;
};

} // namespace pollux::bus
