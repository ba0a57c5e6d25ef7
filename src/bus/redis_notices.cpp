#include "bus/redis_notices.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace pollux::bus {
namespace {

constexpr int kept_max = 1'000; // Notices a user.
constexpr std::chrono::milliseconds kept{300'000};
constexpr std::chrono::milliseconds epoch_kept{86'400'000};
constexpr std::chrono::seconds apart_look{1}; // How long a reader is left waiting there before it looks whether Redis is back.
constexpr int batch_max = 200;                // What is over comes with the next read().

// KEYS: the hash, the list. ARGV: a new epoch if it needs one, its time, the list's time, how many are kept, the channel and what to
// publish on it, the notices.
constexpr char const* publish_script = R"lua(
    if redis.call('EXISTS', KEYS[1]) == 0 then
        redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'last', 0)
        redis.call('DEL', KEYS[2])
    end
    redis.call('HINCRBY', KEYS[1], 'last', #ARGV - 6)
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('RPUSH', KEYS[2], unpack(ARGV, 7))
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
    redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)
    redis.call('PUBLISH', ARGV[5], ARGV[6])
    return 1
)lua";

// KEYS as above. ARGV: a new epoch if it needs one, its time, the reader's epoch (empty: it starts now) and number, how many at once.
// Returns the epoch, the last number, whether the reader's place is known, and the notices after it.
constexpr char const* read_script = R"lua(
    if redis.call('EXISTS', KEYS[1]) == 0 then
        redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'last', 0)
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        redis.call('DEL', KEYS[2])
    end
    local known = redis.call('HMGET', KEYS[1], 'epoch', 'last')
    local last = tonumber(known[2])
    if ARGV[3] == '' then return {known[1], last, 1, {}} end
    local seen = tonumber(ARGV[4])
    local before_first = last - redis.call('LLEN', KEYS[2])
    if ARGV[3] ~= known[1] or seen > last or seen < before_first then return {known[1], last, 0, {}} end
    local from = seen - before_first
    return {known[1], last, 1, redis.call('LRANGE', KEYS[2], from, from + tonumber(ARGV[5]) - 1)}
)lua";

std::vector<std::string> keys_of(UserId user)
{
    auto const key = "pollux:notices:{" + std::to_string(user.value) + "}";
    return {key, key + ":list"};
}

std::string channel_of(UserId user)
{
    return "notices:{" + std::to_string(user.value) + "}";
}

std::string new_epoch()
{
    return to_hex(random_bytes(6));
}

// "<epoch>-<n>"; of anything else an epoch that nobody has.
struct Place {
    std::string epoch;
    std::int64_t number = 0;
};

Place place_of(std::string const& id)
{
    if (id.empty()) return {};
    auto const dash = id.rfind('-');
    auto const number = dash == std::string::npos ? std::nullopt : parse_integer(std::string_view(id).substr(dash + 1));
    constexpr std::int64_t number_max = std::int64_t(1) << 53; // Lua's numbers.
    if (!number || *number < 0 || *number > number_max || dash == 0) return {"?", 0};
    return {id.substr(0, dash), *number};
}

} // namespace

RedisNotices::RedisNotices(redis::Client& client, RedisSignals& signals, RedisReach const& reach, std::unique_ptr<Notices> apart)
    : client_(client), signals_(signals), reach_(reach), apart_(std::move(apart)), publish_(client, publish_script),
      read_(client, read_script)
{}

void RedisNotices::publish(UserId user, std::string name, std::string json)
{
    std::vector<NewNotice> one;
    one.push_back({std::move(name), std::move(json)});
    publish_all(user, std::move(one));
}

void RedisNotices::publish_all(UserId user, std::vector<NewNotice> notices)
{
    if (!reach_.is_whole()) {
        apart_->publish_all(user, notices);
        signals_.tell_here(channel_of(user));
    }
    std::vector<std::string> arguments{new_epoch(),
                                       std::to_string(epoch_kept.count()),
                                       std::to_string(kept.count()),
                                       std::to_string(kept_max),
                                       signals_.wire_channel(channel_of(user)),
                                       std::string(RedisSignals::wire_payload)};
    for (auto const& notice : notices) arguments.push_back(notice.name + "\n" + notice.json);
    client_.send(publish_.eval_command(keys_of(user), arguments));
}

asio::awaitable<NoticeBatch> RedisNotices::read(UserId user, std::string after, Steady::time_point until)
{
    auto const heard = std::make_shared<net::Wakeup>();
    auto const subscription = signals_.subscribe(channel_of(user), [heard](std::optional<std::string_view>) { heard->notify(); });
    for (;;) {
        auto const count = heard->count();
        auto batch = reach_.is_whole() ? co_await fetch(user, after) : std::nullopt;
        bool const is_apart = !batch;
        if (is_apart) batch = co_await apart_->read(user, after, std::min(until, Steady::now() + apart_look));
        bool const is_over = batch->is_closed || batch->is_reset || !batch->notices.empty() || Steady::now() >= until;
        if (is_over) co_return std::move(*batch);
        if (after.empty()) after = batch->last_id; // From now on.
        if (!is_apart) co_await heard->wait(count, until);
    }
}

asio::awaitable<std::optional<NoticeBatch>> RedisNotices::fetch(UserId user, std::string after)
{
    auto const place = place_of(after);
    std::vector<std::string> arguments{new_epoch(), std::to_string(epoch_kept.count()), place.epoch, std::to_string(place.number),
                                       std::to_string(batch_max)};
    auto reply = co_await read_.run(keys_of(user), std::move(arguments));
    if (!reply || reply->list.size() != 4) co_return std::nullopt;

    auto const& epoch = reply->list[0].text;
    NoticeBatch batch;
    batch.is_closed = is_closed_;
    batch.is_reset = reply->list[2].integer == 0;
    auto number = batch.is_reset || place.epoch.empty() ? reply->list[1].integer : place.number;
    for (auto& entry : reply->list[3].list) {
        auto const line_end = entry.text.find('\n');
        if (line_end == std::string::npos) co_return std::nullopt; // Not ours.
        batch.notices.push_back({epoch + "-" + std::to_string(++number), entry.text.substr(0, line_end), entry.text.substr(line_end + 1)});
    }
    batch.last_id = epoch + "-" + std::to_string(number);
    co_return batch;
}

void RedisNotices::close()
{
    is_closed_ = true;
    apart_->close();
    signals_.stir_here();
}

} // namespace pollux::bus
