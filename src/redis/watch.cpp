#include "redis/watch.hpp"

#include "ops/log.hpp"
#include "redis/link.hpp"

namespace pollux::redis {
namespace {

constexpr std::int64_t version_least = 7;

std::int64_t major_of(std::string_view version)
{
    std::int64_t major = 0;
    for (char const digit : version) {
        if (digit < '0' || digit > '9') break;
        major = major * 10 + (digit - '0');
    }
    return major;
}

} // namespace

void Watch::expect()
{
    std::lock_guard const lock(mutex_);
    ++expected_;
    is_up_ = false;
}

void Watch::opened(Link const& link)
{
    {
        std::lock_guard const lock(mutex_);
        ++open_;
        if (open_ < expected_) return;
        bool const is_first = !std::exchange(was_seen_, true);
        is_away_ = false;
        reason_.clear();
        is_up_ = true;
        first_word_.notify_all();
        ops::log(ops::Level::info, "redis_connected", {{"version", link.version()}});
        if (is_first && major_of(link.version()) < version_least) {
            ops::log(ops::Level::warning, "redis_old", {{"version", link.version()}, {"needed", version_least}});
        }
    }
    changed_.notify();
}

void Watch::failed(std::string_view reason)
{
    {
        std::lock_guard const lock(mutex_);
        note_away(reason);
    }
    changed_.notify();
}

void Watch::lost(std::string_view reason)
{
    {
        std::lock_guard const lock(mutex_);
        ++losses_;
        --open_;
        is_up_ = false;
        note_away(reason);
    }
    changed_.notify();
}

void Watch::wait_for_first_word(std::chrono::milliseconds max)
{
    std::unique_lock lock(mutex_);
    first_word_.wait_for(lock, max, [this] { return is_up_ || is_away_; });
}

// The first reason of an absence is logged, the latest is kept.
void Watch::note_away(std::string_view reason)
{
    reason_ = reason;
    if (std::exchange(is_away_, true)) return;
    first_word_.notify_all();
    ops::log(ops::Level::warning, "redis_away", {{"reason", reason}, {"meanwhile", "everything works without it, only slower"}});
}

std::string Watch::reason() const
{
    std::lock_guard const lock(mutex_);
    return reason_;
}

void Watch::count_refusal()
{
    ++refusals_;
}

} // namespace pollux::redis
