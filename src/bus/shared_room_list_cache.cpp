#include "bus/shared_room_list_cache.hpp"

#include "base/secrets.hpp"

#include <charconv>
#include <limits>

namespace pollux::bus {
namespace {

using std::chrono::seconds;

constexpr seconds page_kept{30};
constexpr seconds mark_kept{60}; // Longer than any page: a page read without a mark has died before a later mark does.

constexpr std::size_t untold_max = 10'000;

std::string key_of(UserId user)
{
    return "pollux:rooms:{" + std::to_string(user.value) + "}";
}

// 0: no mark.
std::optional<std::uint64_t> read_mark(redis::Reply const& reply)
{
    if (reply.kind == redis::Reply::Kind::nil) return 0;
    std::uint64_t mark = 0;
    auto const* end = reply.text.data() + reply.text.size();
    auto const [rest, failed] = std::from_chars(reply.text.data(), end, mark);
    if (!reply.is_text() || failed != std::errc() || rest != end) return std::nullopt;
    return mark;
}

} // namespace

asio::awaitable<RoomListCache::Found> SharedRoomListCache::find(UserId user)
{
    tell_now();
    if (!reach_.is_whole()) co_return Found{.json = nullptr, .may_keep = false};
    auto const reply = co_await client_.call(redis::command({"GET", key_of(user)}), redis::Patience::little);
    auto const mark = reply ? read_mark(*reply) : std::nullopt;
    if (!mark) co_return Found{.json = nullptr, .may_keep = false};
    // Another mark after each loss: one that was set in the meantime may be lost as well.
    auto const own_mark = *mark + reach_.breaks() * 0x9E37'79B9'7F4A'7C15u;
    co_return here_.look(user, own_mark, now_() - page_kept);
}

void SharedRoomListCache::keep(UserId user, Found const& missed, Json json)
{
    if (missed.may_keep) here_.put(user, missed, std::move(json), now_());
}

void SharedRoomListCache::drop(UserId user)
{
    here_.drop(user);
    tell_now();
    mark(user);
}

void SharedRoomListCache::mark(UserId user)
{
    auto const number = 1 + random_below(std::numeric_limits<std::uint64_t>::max() - 1);
    auto set = redis::command({"SET", key_of(user), std::to_string(number), "EX", mark_kept.count()});
    client_.send(std::move(set), 1, [this, user] { tell_later(user); });
}

// The commands of one thread are carried out in their order.
asio::awaitable<void> SharedRoomListCache::settle(UserId)
{
    co_await client_.call(redis::command({"PING"}), redis::Patience::little);
}

void SharedRoomListCache::tell_later(UserId user)
{
    std::lock_guard const lock(mutex_);
    if (untold_.size() >= untold_max) return; // Their pages die within 30 s.
    untold_.push_back(user);
    has_untold_ = true;
}

void SharedRoomListCache::tell_now()
{
    if (!has_untold_ || !client_.is_up()) return;
    std::vector<UserId> users;
    {
        std::lock_guard const lock(mutex_);
        users.swap(untold_);
        has_untold_ = false;
    }
    for (auto user : users) mark(user);
}

} // namespace pollux::bus
