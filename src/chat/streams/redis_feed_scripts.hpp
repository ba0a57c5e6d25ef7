// The keys of a reply's feed in Redis, and the scripts that change its hash. A lower attempt than the known one changes nothing.
#pragma once

#include "base/ids.hpp"

#include <string>

namespace pollux::chat {

inline std::string feed_channel(MessageId reply)
{
    return "feed:{" + std::to_string(reply.value) + "}";
}
inline std::string feed_key(MessageId reply)
{
    return "pollux:feed:{" + std::to_string(reply.value) + "}";
}
inline std::string feed_text_key(MessageId reply, std::int64_t attempt)
{
    return feed_key(reply) + ":" + std::to_string(attempt) + ":text";
}
inline std::string feed_thoughts_key(MessageId reply, std::int64_t attempt)
{
    return feed_key(reply) + ":" + std::to_string(attempt) + ":thoughts";
}

// KEYS of all: the hash, the text, the thoughts. ARGV begins with the attempt, the channel and what to publish on it. They return 1, or 0
// when another attempt is known.

// ARGV: then the milliseconds to keep it, model, text, thoughts, citations and their version. Everything again; the texts first,
// since a full Redis refuses a script only before its first write.
constexpr char const* put_feed_script = R"lua(
    if tonumber(redis.call('HGET', KEYS[1], 'attempt') or '0') > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[2], ARGV[6], 'PX', ARGV[4])
    redis.call('SET', KEYS[3], ARGV[7], 'PX', ARGV[4])
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'attempt', ARGV[1], 'model', ARGV[5], 'state', 'written', 'citations', ARGV[8], 'citations_version', ARGV[9])
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    redis.call('PUBLISH', ARGV[2], ARGV[3])
    return 1
)lua";

// ARGV: then citations and their version.
constexpr char const* cite_feed_script = R"lua(
    if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'citations', ARGV[4], 'citations_version', ARGV[5])
    redis.call('PUBLISH', ARGV[2], ARGV[3])
    return 1
)lua";

// ARGV: then the milliseconds to keep it. What another attempt wrote is not the text that ended: it goes.
constexpr char const* end_feed_script = R"lua(
    local known = tonumber(redis.call('HGET', KEYS[1], 'attempt') or '0')
    if known > tonumber(ARGV[1]) then return 0 end
    if known == tonumber(ARGV[1]) then
        redis.call('HSET', KEYS[1], 'state', 'ended', 'text_bytes', redis.call('STRLEN', KEYS[2]), 'thought_bytes', redis.call('STRLEN', KEYS[3]))
        for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
    else
        redis.call('DEL', KEYS[1])
    end
    redis.call('PUBLISH', ARGV[2], ARGV[3])
    return 1
)lua";

constexpr char const* pause_feed_script = R"lua(
    if redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[1] then return 0 end
    if redis.call('HGET', KEYS[1], 'state') ~= 'written' then return 0 end
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
    redis.call('PUBLISH', ARGV[2], ARGV[3])
    return 1
)lua";

} // namespace pollux::chat
