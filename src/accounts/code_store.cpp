#include "accounts/code_store.hpp"

#include "db/columns.hpp"

namespace pollux::accounts {
namespace {

constexpr db::Sql lock_number_sql = R"sql(
    insert into code_numbers (mobile_key, touched_at) values ($1, $2)
    on conflict (mobile_key) do update set touched_at = excluded.touched_at
)sql";

#define POLLUX_SEND_COLUMNS "created_at, purpose, prefix_key"
namespace send_column {
enum : std::size_t { created_at, purpose, prefix_key, count };
}
static_assert(db::columns_in(POLLUX_SEND_COLUMNS) == send_column::count);

constexpr db::Sql sends_sql =
    "select " POLLUX_SEND_COLUMNS " from one_time_codes where mobile_key = $1 and created_at > $2 order by created_at, id";

constexpr db::Sql add_sql = R"sql(
    insert into one_time_codes (mobile_key, purpose, prefix_key, challenge_hash, code_mac, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    returning id
)sql";
constexpr db::Sql is_newest_unused_sql = R"sql(
    select 1 from one_time_codes where id = $3 and used_at is null
        and id = (select max(id) from one_time_codes where mobile_key = $1 and purpose = $2)
)sql";

constexpr db::Sql older_ones_sql =
    "select id from one_time_codes where mobile_key = $1 and purpose = $2 and id < $3 and created_at > $4 order by id desc";

#define POLLUX_GUESS_COLUMNS "id, challenge_hash, code_mac"
namespace guess_column {
enum : std::size_t { id, challenge_hash, code_mac, count };
}
static_assert(db::columns_in(POLLUX_GUESS_COLUMNS) == guess_column::count);

constexpr db::Sql plain_guess_sql = R"sql(
    update one_time_codes set guesses = guesses + 1
    where id = (select id from one_time_codes where mobile_key = $1 and purpose = $2 order by id desc limit 1)
        and guesses < $3 and used_at is null and expires_at > $4
    returning )sql" POLLUX_GUESS_COLUMNS;

constexpr db::Sql challenged_guess_sql = R"sql(
    update one_time_codes set challenged_guesses = challenged_guesses + 1
    where challenge_hash = $5 and mobile_key = $1 and purpose = $2
        and challenged_guesses < $3 and used_at is null and expires_at > $4
    returning )sql" POLLUX_GUESS_COLUMNS;

constexpr db::Sql use_sql = "update one_time_codes set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
constexpr db::Sql void_all_sql = "update one_time_codes set used_at = $2 where mobile_key = $1 and used_at is null";

constexpr db::Sql add_reset_token_sql = "insert into reset_tokens (token_hash, user_id, expires_at) values ($1, $2, $3)";
constexpr db::Sql has_reset_token_sql = "select 1 from reset_tokens where token_hash = $1 and expires_at > $2 and user_id = $3";
constexpr db::Sql use_reset_token_sql = "delete from reset_tokens where token_hash = $1 and expires_at > $2 and user_id = $3";
constexpr db::Sql erase_reset_tokens_sql = "delete from reset_tokens where user_id = $1";

constexpr db::Sql erase_old_codes_sql =
    "delete from one_time_codes where id in (select id from one_time_codes where created_at < $1 order by created_at limit $2)";
constexpr db::Sql erase_old_numbers_sql = R"sql(
    delete from code_numbers where mobile_key in
        (select mobile_key from code_numbers where touched_at < $1 order by touched_at limit $2)
)sql";
constexpr db::Sql erase_old_reset_tokens_scan_sql = R"sql(
    delete from reset_tokens where (user_id, token_hash) in
        (select user_id, token_hash from reset_tokens where expires_at < $1 order by expires_at limit $2)
)sql";

} // namespace

asio::awaitable<void> CodeStore::lock_number(db::Transaction& transaction, std::string mobile_key, Time now)
{
    co_await transaction.run(lock_number_sql, mobile_key, now);
}

asio::awaitable<std::vector<PastSend>> CodeStore::sends_since(db::Transaction& transaction, std::string mobile_key, Time since)
{
    auto const rows = co_await transaction.run(sends_sql, mobile_key, since);
    std::vector<PastSend> sends;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        sends.push_back({row.time(send_column::created_at), row.text(send_column::purpose), row.text(send_column::prefix_key)});
    }
    co_return sends;
}

asio::awaitable<std::int64_t> CodeStore::add(db::Transaction& transaction, NewCode code)
{
    auto const rows = co_await transaction.run(add_sql, code.mobile_key, word_of(code.purpose), code.prefix_key, code.challenge_hash,
                                               code.code_mac, code.now, code.now + code_lifetime);
    co_return rows.front().only().integer();
}

asio::awaitable<bool> CodeStore::is_newest_unused(db::Transaction& transaction, std::string mobile_key, CodePurpose purpose,
                                                  std::int64_t code_id)
{
    auto const rows = co_await transaction.run(is_newest_unused_sql, mobile_key, word_of(purpose), code_id);
    co_return !rows.empty();
}

asio::awaitable<std::vector<std::int64_t>> CodeStore::older_ones(db::Transaction& transaction, std::string mobile_key, CodePurpose purpose,
                                                                 std::int64_t code_id, Time since)
{
    auto const rows = co_await transaction.run(older_ones_sql, mobile_key, word_of(purpose), code_id, since);
    std::vector<std::int64_t> ids;
    for (std::size_t index = 0; index < rows.size(); ++index) ids.push_back(rows[index].only().integer());
    co_return ids;
}

asio::awaitable<std::optional<CountedGuess>> CodeStore::count_guess(db::Transaction& transaction, std::string mobile_key,
                                                                    CodePurpose purpose, std::optional<std::string> challenge_hash,
                                                                    Time now)
{
    db::Rows rows;
    if (challenge_hash) {
        rows = co_await transaction.run(challenged_guess_sql, mobile_key, word_of(purpose), challenged_guesses_max, now, *challenge_hash);
    } else {
        rows = co_await transaction.run(plain_guess_sql, mobile_key, word_of(purpose), plain_guesses_max, now);
    }
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    co_return CountedGuess{row.integer(guess_column::id), row.text(guess_column::challenge_hash), row.text(guess_column::code_mac)};
}

asio::awaitable<bool> CodeStore::use(db::Transaction& transaction, std::int64_t code_id, Time now)
{
    auto const rows = co_await transaction.run(use_sql, code_id, now);
    co_return rows.changed() == 1;
}

asio::awaitable<void> CodeStore::void_all(db::Transaction& transaction, std::string mobile_key, Time now)
{
    co_await transaction.run(void_all_sql, mobile_key, now);
}

asio::awaitable<void> CodeStore::add_reset_token(db::Transaction& transaction, std::string token_hash, UserId user, Time expires_at)
{
    co_await transaction.run(add_reset_token_sql, token_hash, user, expires_at);
}

asio::awaitable<bool> CodeStore::has_reset_token(UserId user, std::string token_hash, Time now)
{
    auto const rows = co_await database_.read(has_reset_token_sql, token_hash, now, user);
    co_return !rows.empty();
}

asio::awaitable<bool> CodeStore::use_reset_token(db::Transaction& transaction, UserId user, std::string token_hash, Time now)
{
    auto const rows = co_await transaction.run(use_reset_token_sql, token_hash, now, user);
    if (rows.changed() == 0) co_return false;
    co_await erase_reset_tokens(transaction, user);
    co_return true;
}

asio::awaitable<void> CodeStore::erase_reset_tokens(db::Transaction& transaction, UserId user)
{
    co_await transaction.run(erase_reset_tokens_sql, user);
}

asio::awaitable<std::int64_t> CodeStore::erase_old_codes(Time created_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_codes_sql, created_before, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> CodeStore::erase_old_numbers(Time touched_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_numbers_sql, touched_before, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> CodeStore::erase_old_reset_tokens(Time expired_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_reset_tokens_scan_sql, expired_before, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
