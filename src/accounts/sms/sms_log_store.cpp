#include "accounts/sms/sms_log_store.hpp"

#include "db/columns.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace pollux::accounts::sms {
namespace {

constexpr std::array<std::pair<std::string_view, Outcome>, 9> outcome_words{{{"sending", Outcome::sending},
                                                                             {"waiting", Outcome::waiting},
                                                                             {"accepted", Outcome::accepted},
                                                                             {"refused", Outcome::refused},
                                                                             {"unknown", Outcome::unknown},
                                                                             {"dropped", Outcome::dropped},
                                                                             {"late", Outcome::late},
                                                                             {"overtaken", Outcome::overtaken},
                                                                             {"decoy", Outcome::decoy}}};

constexpr std::int64_t tally_hours = 24;

#define POLLUX_SMS_COLUMNS "id, message_id, vendor, outcome, created_at, marked_at"
namespace column {
enum : std::size_t { id, message_id, vendor, outcome, created_at, marked_at, count };
}
static_assert(db::columns_in(POLLUX_SMS_COLUMNS) == column::count);

constexpr db::Sql of_code_sql{"select " POLLUX_SMS_COLUMNS " from sms_log where code_id = $1",
                              "select " POLLUX_SMS_COLUMNS " from sms_log where code_id = $1 for update"};

constexpr db::Sql add_sql = R"sql(
    insert into sms_log (code_id, message_id, mobile_key, block_key, region, vendor, outcome, reason, is_counted, status, status_rank,
        created_at, marked_at, ended_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, $10, $11, $12)
    returning )sql" POLLUX_SMS_COLUMNS;

constexpr db::Sql tally_sent_sql = R"sql(
    insert into sms_tallies (tally_key, hour, sent, used) values ($1, $2, 1, 0)
    on conflict (tally_key, hour) do update set sent = sms_tallies.sent + 1
)sql";

constexpr db::Sql is_in_flight_sql =
    "select 1 from sms_log where code_id = $1 and outcome = 'sending' and ended_at is null and marked_at > $2";
constexpr db::Sql mark_again_sql =
    "update sms_log set outcome = 'sending', reason = '', marked_at = $2, ended_at = null, vendor = $3 where id = $1";
constexpr db::Sql end_sql = "update sms_log set outcome = $2, ended_at = $3 where id = $1";
// By the run that made this mark, while no other one has judged since; but what the vendor certainly did is known better than nothing is.
constexpr db::Sql keep_answer_sql = R"sql(
    update sms_log set outcome = $2, reason = $3, provider_id = coalesce($4, provider_id), ended_at = $5
    where id = $1 and ((outcome = 'sending' and marked_at = $6) or (outcome = 'unknown' and $7 = 1))
)sql";

#define POLLUX_TALLY_COLUMNS "cast(coalesce(sum(sent), 0) as bigint), cast(coalesce(sum(used), 0) as bigint)"
namespace tally_column {
enum : std::size_t { sent, used, count };
}
static_assert(db::columns_in(POLLUX_TALLY_COLUMNS) == tally_column::count);

constexpr db::Sql tally_sql = "select " POLLUX_TALLY_COLUMNS " from sms_tallies where tally_key = $1 and hour > $2";
constexpr db::Sql fresh_of_block_sql =
    "select count(*) from sms_log where block_key = $1 and is_counted = 1 and created_at > $2 and used_at is null";
constexpr db::Sql fresh_of_region_sql =
    "select count(*) from sms_log where region = $1 and is_counted = 1 and created_at > $2 and used_at is null";

#define POLLUX_COUNTED_COLUMNS "block_key, region, created_at"
namespace counted_column {
enum : std::size_t { block_key, region, created_at, count };
}
static_assert(db::columns_in(POLLUX_COUNTED_COLUMNS) == counted_column::count);

constexpr db::Sql mark_used_sql = R"sql(
    update sms_log set used_at = $2 where code_id = $1 and used_at is null and is_counted = 1
    returning )sql" POLLUX_COUNTED_COLUMNS;
constexpr db::Sql tally_used_sql = "update sms_tallies set used = used + 1 where tally_key = $1 and hour = $2";

// One that was used without ever being sent stays counted on both sides.
constexpr db::Sql uncount_sql = R"sql(
    update sms_log set is_counted = 0 where id = $1 and is_counted = 1 and used_at is null
    returning )sql" POLLUX_COUNTED_COLUMNS;
constexpr db::Sql tally_unsent_sql = "update sms_tallies set sent = sent - 1 where tally_key = $1 and hour = $2";

constexpr db::Sql report_of_message_sql = R"sql(
    update sms_log set status = $2, status_rank = $3, error_code = $4, provider_id = coalesce(provider_id, $5), reported_at = $6
    where message_id = $1 and status_rank < $3
)sql";
constexpr db::Sql report_of_provider_sql = R"sql(
    update sms_log set status = $2, status_rank = $3, error_code = $4, reported_at = $5 where provider_id = $1 and status_rank < $3
)sql";

#define POLLUX_DROPPED_COLUMNS "reason, count(*)"
namespace dropped_column {
enum : std::size_t { reason, number, count };
}
static_assert(db::columns_in(POLLUX_DROPPED_COLUMNS) == dropped_column::count);
constexpr db::Sql dropped_sql =
    "select " POLLUX_DROPPED_COLUMNS " from sms_log where created_at > $1 and outcome = 'dropped' group by reason";

// What has gone wrong, as far as anybody knows. No report of the vendor's says that it is on its way; the vendor gave no answer, so that it
// comes again; or a process has ended over it: for $2 no call lasts. A report is here where there is one, sooner than the answer.
#define POLLUX_NO_GOOD_REPORT "status not in ('sent', 'delivered', 'read')"
#define POLLUX_CALL_IS_OVER "outcome = 'sending' and (ended_at is not null or marked_at <= $2)"
// What took of the hour: it was judged by all budgets, even if another one dropped it in the end.
#define POLLUX_DELIVERY_COLUMNS                                                                                                            \
    "count(*) filter (where outcome in ('accepted', 'refused', 'unknown', 'late', 'waiting') or (" POLLUX_CALL_IS_OVER ")), "              \
    "count(*) filter (where outcome in ('refused', 'late', 'waiting') or (outcome = 'accepted' and status in "                             \
    "('undelivered', 'failed', 'canceled')) or ((outcome = 'unknown' or (" POLLUX_CALL_IS_OVER ")) and " POLLUX_NO_GOOD_REPORT ")), "      \
    "count(*) filter (where marked_at is not null or outcome = 'decoy' or reason in ('block', 'block_unused', 'country_unused')), "        \
    "count(*) filter (where outcome = 'unknown' and " POLLUX_NO_GOOD_REPORT ")"
namespace delivery_column {
enum : std::size_t { meant, failed, spent, unknown, count };
}
static_assert(db::columns_in(POLLUX_DELIVERY_COLUMNS) == delivery_column::count);
constexpr db::Sql delivery_sql = "select " POLLUX_DELIVERY_COLUMNS " from sms_log where created_at > $1";

constexpr db::Sql erase_old_sql =
    "delete from sms_log where id in (select id from sms_log where created_at < $1 order by created_at limit $2)";
constexpr db::Sql erase_old_tallies_sql = R"sql(
    delete from sms_tallies where (tally_key, hour) in (select tally_key, hour from sms_tallies where hour < $1 order by hour limit $2)
)sql";

std::string key_of_block(std::string const& block_key)
{
    return "block:" + block_key;
}

std::string key_of_country(std::string const& region)
{
    return "country:" + region;
}

std::int64_t hour_of(Time time)
{
    return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

std::optional<std::string> unless_empty(std::string text)
{
    if (text.empty()) return std::nullopt;
    return text;
}

LogRow read_row(db::Row row)
{
    auto const outcome = outcome_of(row.text(column::outcome));
    if (!outcome) throw std::runtime_error("sms_log holds an outcome that is not known");
    return {row.integer(column::id),      row.text(column::message_id),        row.text(column::vendor), *outcome,
            row.time(column::created_at), row.optional_time(column::marked_at)};
}

// It never left, and will not: nobody could use it, so it says nothing of its block and its country.
bool is_unsent(Outcome outcome)
{
    return outcome == Outcome::refused || outcome == Outcome::late || outcome == Outcome::overtaken;
}

// In both tallies of the row that was returned, if one was.
asio::awaitable<void> add_up(db::Transaction& transaction, db::Sql const& sql, db::Rows const& rows)
{
    if (rows.empty()) co_return;
    auto const row = rows.front();
    auto const hour = hour_of(row.time(counted_column::created_at));
    co_await transaction.run(sql, key_of_block(row.text(counted_column::block_key)), hour);
    co_await transaction.run(sql, key_of_country(row.text(counted_column::region)), hour);
}

asio::awaitable<void> uncount(db::Transaction& transaction, std::int64_t id)
{
    auto const rows = co_await transaction.run(uncount_sql, id);
    co_await add_up(transaction, tally_unsent_sql, rows);
}

asio::awaitable<bool> keep_answer_unit(db::Transaction& transaction, LogRow row, Outcome outcome, Answer answer, Time now)
{
    bool const is_certain = outcome == Outcome::accepted || outcome == Outcome::refused;
    auto const kept = co_await transaction.run(keep_answer_sql, row.id, word_of(outcome), answer.code, unless_empty(answer.provider_id),
                                               now, row.marked_at, is_certain);
    if (kept.changed() != 1) co_return false;
    if (is_unsent(outcome)) co_await uncount(transaction, row.id);
    co_return true;
}

asio::awaitable<Tally> tally_of(db::Transaction& transaction, std::string key, std::int64_t hour_after)
{
    auto const rows = co_await transaction.run(tally_sql, std::move(key), hour_after);
    co_return Tally{rows.front().integer(tally_column::sent), rows.front().integer(tally_column::used), 0};
}

} // namespace

std::string_view word_of(Outcome outcome)
{
    for (auto const& [word, value] : outcome_words) {
        if (value == outcome) return word;
    }
    throw std::logic_error("an outcome without a word");
}

std::optional<Outcome> outcome_of(std::string_view word)
{
    for (auto const& [known, value] : outcome_words) {
        if (known == word) return value;
    }
    return std::nullopt;
}

asio::awaitable<std::optional<LogRow>> LogStore::of_code(db::Transaction& transaction, std::int64_t code_id)
{
    auto const rows = co_await transaction.run(of_code_sql, code_id);
    if (rows.empty()) co_return std::nullopt;
    co_return read_row(rows.front());
}

asio::awaitable<LogRow> LogStore::add(db::Transaction& transaction, NewLogRow row)
{
    bool const is_marked = row.outcome == Outcome::sending;
    bool const is_counted = is_marked || row.outcome == Outcome::decoy;
    std::optional<Time> marked_at;
    std::optional<Time> ended_at;
    (is_marked ? marked_at : ended_at) = row.now;
    auto const& subject = row.subject;
    auto const rows =
        co_await transaction.run(add_sql, subject.code_id, row.message_id, subject.mobile_key, subject.block_key, subject.region,
                                 row.vendor, word_of(row.outcome), row.reason, is_counted, row.now, marked_at, ended_at);
    if (is_counted) {
        co_await transaction.run(tally_sent_sql, key_of_block(subject.block_key), hour_of(row.now));
        co_await transaction.run(tally_sent_sql, key_of_country(subject.region), hour_of(row.now));
    }
    co_return read_row(rows.front());
}

asio::awaitable<bool> LogStore::is_in_flight(db::Transaction& transaction, std::int64_t code_id, Time marked_after)
{
    auto const rows = co_await transaction.run(is_in_flight_sql, code_id, marked_after);
    co_return !rows.empty();
}

asio::awaitable<void> LogStore::mark_again(db::Transaction& transaction, std::int64_t id, std::string vendor, Time now)
{
    co_await transaction.run(mark_again_sql, id, now, std::move(vendor));
}

asio::awaitable<void> LogStore::end(db::Transaction& transaction, std::int64_t id, Outcome outcome, Time now)
{
    co_await transaction.run(end_sql, id, word_of(outcome), now);
    if (is_unsent(outcome)) co_await uncount(transaction, id);
}

asio::awaitable<bool> LogStore::keep_answer(LogRow row, Outcome outcome, Answer answer, Time now)
{
    auto unit = [row = std::move(row), outcome, answer = std::move(answer), now](db::Transaction& transaction) {
        return keep_answer_unit(transaction, row, outcome, answer, now);
    };
    co_return co_await database_.transact(std::move(unit));
}

asio::awaitable<Tallies> LogStore::tallies(db::Transaction& transaction, Subject subject, Time now, Time fresh_since)
{
    auto const hour_after = hour_of(now) - tally_hours;
    Tallies tallies;
    tallies.block = co_await tally_of(transaction, key_of_block(subject.block_key), hour_after);
    tallies.country = co_await tally_of(transaction, key_of_country(subject.region), hour_after);
    auto const of_block = co_await transaction.run(fresh_of_block_sql, subject.block_key, fresh_since);
    tallies.block.fresh = of_block.front().only().integer();
    auto const of_region = co_await transaction.run(fresh_of_region_sql, subject.region, fresh_since);
    tallies.country.fresh = of_region.front().only().integer();
    co_return tallies;
}

asio::awaitable<void> LogStore::mark_used(db::Transaction& transaction, std::int64_t code_id, Time now)
{
    auto const rows = co_await transaction.run(mark_used_sql, code_id, now);
    co_await add_up(transaction, tally_used_sql, rows);
}

asio::awaitable<bool> LogStore::keep_report(std::string message_id, Report report, Time now)
{
    auto error_code = unless_empty(std::move(report.error_code));
    if (!message_id.empty()) {
        auto const rows = co_await database_.write(report_of_message_sql, std::move(message_id), std::move(report.status), report.rank,
                                                   std::move(error_code), unless_empty(std::move(report.provider_id)), now);
        co_return rows.changed() == 1;
    }
    auto const rows = co_await database_.write(report_of_provider_sql, std::move(report.provider_id), std::move(report.status), report.rank,
                                               std::move(error_code), now);
    co_return rows.changed() == 1;
}

asio::awaitable<std::map<std::string, std::int64_t>> LogStore::dropped_since(Time since)
{
    auto const rows = co_await database_.read(dropped_sql, since);
    std::map<std::string, std::int64_t> reasons;
    for (std::size_t index = 0; index < rows.size(); ++index)
        reasons[rows[index].text(dropped_column::reason)] = rows[index].integer(dropped_column::number);
    co_return reasons;
}

asio::awaitable<LogStore::Delivery> LogStore::delivery_since(Time since, Time calls_since)
{
    auto const rows = co_await database_.read(delivery_sql, since, calls_since);
    auto const row = rows.front();
    co_return Delivery{row.integer(delivery_column::meant), row.integer(delivery_column::failed), row.integer(delivery_column::spent),
                       row.integer(delivery_column::unknown)};
}

asio::awaitable<std::int64_t> LogStore::erase_old(Time created_before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_sql, created_before, count_max);
    co_return rows.changed();
}

asio::awaitable<std::int64_t> LogStore::erase_old_tallies(Time before, int count_max)
{
    auto const rows = co_await database_.write(erase_old_tallies_sql, hour_of(before), count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts::sms
