#include "billing/request_rates.hpp"

namespace pollux::billing {
namespace {

constexpr db::Sql rate_sql = "select p.requests_per_minute from users u join plans p on p.name = u.tier where u.id = $1";

} // namespace

asio::awaitable<std::optional<std::int64_t>> RequestRates::per_minute(UserId user)
{
    auto const known = kept(user);
    if (known && now_() < known->good_until) co_return known->per_minute;
    auto const asked_at = now_(); // Before the answer is read: it may be old when it comes.
    Rate rate;
    try {
        auto const rows = co_await database_.read(rate_sql, user);
        if (!rows.empty()) rate.per_minute = rows.front().only().integer();
    } catch (UnavailableError const&) {
        if (known) rate = *known;
    }
    rate.good_until = asked_at + rates_kept;
    keep(user, rate);
    co_return rate.per_minute;
}

void RequestRates::forget(UserId user)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    shard.rates.erase(user.value);
}

void RequestRates::forget_all()
{
    for (auto& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        shard.rates.clear();
    }
}

std::size_t RequestRates::size() const
{
    std::size_t users = 0;
    for (auto const& shard : shards_) {
        std::lock_guard const lock(shard.mutex);
        users += shard.rates.size();
    }
    return users;
}

std::optional<RequestRates::Rate> RequestRates::kept(UserId user)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    auto const found = shard.rates.find(user.value);
    if (found == shard.rates.end()) return std::nullopt;
    return found->second;
}

void RequestRates::keep(UserId user, Rate rate)
{
    auto& shard = shard_of(user);
    std::lock_guard const lock(shard.mutex);
    if (shard.rates.size() >= users_max_of_shard_ && !shard.rates.contains(user.value)) {
        std::erase_if(shard.rates, [now = now_()](auto const& entry) { return entry.second.good_until <= now; });
        // More users in a few seconds than fit: each costs a read again.
        if (shard.rates.size() >= users_max_of_shard_) shard.rates.clear();
    }
    shard.rates[user.value] = rate;
}

} // namespace pollux::billing
