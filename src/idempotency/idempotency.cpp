#include "idempotency/idempotency.hpp"

#include "base/secrets.hpp"
#include "db/columns.hpp"

namespace pollux::idempotency {
namespace {

#define POLLUX_EFFECT_COLUMNS "request_hash, first_id, second_id"
namespace column {
enum : std::size_t { request_hash, first_id, second_id, count };
}
static_assert(db::columns_in(POLLUX_EFFECT_COLUMNS) == column::count);

constexpr db::Sql find_sql = "select " POLLUX_EFFECT_COLUMNS " from idempotency_keys where user_id = $1 and key = $2 and created_at > $3";

constexpr db::Sql keep_sql = R"sql(
    insert into idempotency_keys (user_id, key, request_hash, first_id, second_id, created_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (user_id, key) do update
        set request_hash = excluded.request_hash, first_id = excluded.first_id, second_id = excluded.second_id,
            created_at = excluded.created_at
        where idempotency_keys.created_at <= $7
)sql";

constexpr db::Sql forget_scan_sql = R"sql(
    delete from idempotency_keys where (user_id, key) in
        (select user_id, key from idempotency_keys where created_at <= $1 order by created_at limit 1000)
)sql";

} // namespace

std::string hash_request(std::string_view method, std::string_view path, std::string_view body)
{
    while (path.ends_with('/')) path.remove_suffix(1); // Both spellings of a path are one request.
    std::string text;
    text.reserve(method.size() + path.size() + body.size() + 2);
    text.append(method).append("\n").append(path).append("\n").append(body);
    return to_base64url(sha256(text));
}

Error key_in_progress()
{
    return conflict("idempotency_in_progress", "The first request with this Idempotency-Key is not done yet; ask again in a moment.")
        .with_retry_after(std::chrono::seconds(1));
}

Result<Effect> repeat_of(Key const& key, std::string const& kept_hash, Effect effect)
{
    if (kept_hash == key.request_hash) return effect;
    return Error(ErrorKind::invalid, "idempotency_key_reused",
                 "This Idempotency-Key was used for another request; take a new key for a new request.")
        .with_field({"Idempotency-Key", "reused", "It stands for another request."});
}

asio::awaitable<Result<std::optional<Effect>>> find_effect(db::Transaction& transaction, UserId user, Key key, Time now)
{
    auto const rows = co_await transaction.run(find_sql, user, key.key, now - kept);
    if (rows.empty()) co_return std::optional<Effect>();
    auto const row = rows.front();
    Effect const effect{row.integer(column::first_id), row.optional_integer(column::second_id)};
    auto repeat = repeat_of(key, row.text(column::request_hash), effect);
    if (!repeat) co_return repeat.error();
    co_return std::optional(*repeat);
}

asio::awaitable<Result<void>> keep_effect(db::Transaction& transaction, UserId user, Key key, Effect effect, Time now)
{
    auto const rows =
        co_await transaction.run(keep_sql, user, key.key, key.request_hash, effect.first_id, effect.second_id, now, now - kept);
    if (rows.changed() == 1) co_return Result<void>();
    co_return key_in_progress();
}

asio::awaitable<std::int64_t> forget_old_keys(db::Database& database, Time now)
{
    auto const rows = co_await database.write(forget_scan_sql, now - kept);
    co_return rows.changed();
}

} // namespace pollux::idempotency
