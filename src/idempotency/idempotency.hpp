// Idempotency-Key: a request that carries one has its effect once, for 24 hours, whatever happens to the answer. The key's row is
// written in the transaction of the effect itself, so that both are there or neither; a refusal leaves no row.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pollux::idempotency {

namespace asio = boost::asio;

struct Key {
    std::string key;          // As the client sent it.
    std::string request_hash; // Of method, path and body: a key stands for one request only.
};

std::string hash_request(std::string_view method, std::string_view path, std::string_view body);

// 409: the first request with the key is still on its way.
Error key_in_progress();

// What the first request with a key made.
struct Effect {
    std::int64_t first_id = 0;             // A room, a question, or the reply of a retry.
    std::optional<std::int64_t> second_id; // The reply to the question.
};

// Keys older than this are as good as unknown.
constexpr std::chrono::hours kept{24};

// nullopt: the key is new. 422 idempotency_key_reused when it stands for another request.
asio::awaitable<Result<std::optional<Effect>>> find_effect(db::Transaction& transaction, UserId user, Key key, Time now);

// The same judgement for a caller that has read the row already.
Result<Effect> repeat_of(Key const& key, std::string const& kept_hash, Effect effect);

// 409 idempotency_in_progress when another transaction keeps the key at the same moment.
asio::awaitable<Result<void>> keep_effect(db::Transaction& transaction, UserId user, Key key, Effect effect, Time now);

// Deletes what is too old, at most a thousand rows at once; returns how many.
asio::awaitable<std::int64_t> forget_old_keys(db::Database& database, Time now);

} // namespace pollux::idempotency
