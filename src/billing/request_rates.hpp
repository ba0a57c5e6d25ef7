// How many requests a minute a user's plan allows, asked at every request: from memory, for as long as a change may take to hold.
#pragma once

#include "base/ids.hpp"
#include "base/steady_now.hpp"
#include "db/database.hpp"

#include <array>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace pollux::billing {

namespace asio = boost::asio;

// A change of a plan or of a user's plan holds on every node when this has passed.
constexpr std::chrono::seconds rates_kept{4};

// Safe from any thread.
class RequestRates {
public:
    explicit RequestRates(db::Database& database, std::size_t users_max = 64'000, SteadyNow now = steady_now())
        : database_(database), users_max_of_shard_(users_max / shard_count), now_(std::move(now))
    {}

    // nullopt when the account is gone. While the database cannot be asked, what was known last, else nullopt: what cannot be counted
    // cannot be served either.
    asio::awaitable<std::optional<std::int64_t>> per_minute(UserId user);

    void forget(UserId user); // The next one asks the database. What is being asked already may be kept all the same.
    void forget_all();

    std::size_t size() const; // Users remembered right now.

private:
    struct Rate {
        std::optional<std::int64_t> per_minute;
        Steady::time_point good_until;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::int64_t, Rate> rates;
    };
    static constexpr std::size_t shard_count = 16;

    Shard& shard_of(UserId user) { return shards_[static_cast<std::size_t>(user.value) % shard_count]; }
    std::optional<Rate> kept(UserId user);
    void keep(UserId user, Rate rate);

    db::Database& database_;
    std::size_t users_max_of_shard_;
    SteadyNow now_;
    std::array<Shard, shard_count> shards_;
};

} // namespace pollux::billing
