#include "cli/doctor_numbers.hpp"

#include "db/columns.hpp"
#include "db/postgres/session.hpp"
#include "db/sqlite/connection.hpp"
#include "numbers/old_number.hpp"

#include <algorithm>
#include <span>

namespace pollux::cli {
namespace {

constexpr std::int64_t rows_at_once = 10'000;
constexpr std::size_t pairs_shown_max = 10;

#define POLLUX_NUMBER_COLUMNS "id, mobile"
namespace column {
enum : std::size_t { id, mobile, count };
}
static_assert(db::columns_in(POLLUX_NUMBER_COLUMNS) == column::count);

constexpr db::Sql numbers_scan_sql = "select " POLLUX_NUMBER_COLUMNS " from users where id > $1 order by id limit $2";

// All numbers, in pieces: no server waits for one long read.
template <class Read>
std::map<std::string, std::int64_t> account_by_number(Read read)
{
    std::map<std::string, std::int64_t> accounts;
    std::int64_t last = 0;
    for (;;) {
        db::Rows const rows = read(last);
        for (std::size_t at = 0; at < rows.size(); ++at) {
            last = rows[at].integer(column::id);
            accounts.emplace(rows[at].text(column::mobile), last);
        }
        if (static_cast<std::int64_t>(rows.size()) < rows_at_once) return accounts;
    }
}

std::map<std::string, std::int64_t> read_accounts(config::Config const& config)
{
    if (config.database == config::DatabaseKind::postgres) {
        db::postgres::Session session(required(config.postgres_url).reveal());
        return account_by_number([&](std::int64_t last) {
            return session.run(std::string(numbers_scan_sql.text(db::Dialect::postgres)), {last, rows_at_once});
        });
    }
    std::error_code failed;
    if (!std::filesystem::exists(config.sqlite_path, failed)) return {};
    Clock const clock;
    db::sqlite::Connection connection(config.sqlite_path, db::sqlite::Role::reader, 1024, clock);
    return account_by_number(
        [&](std::int64_t last) { return connection.run(numbers_scan_sql.text(db::Dialect::sqlite), {last, rows_at_once}); });
}

// "+4***56": enough to find the person who asks, too little to call them.
std::string masked(std::string const& number)
{
    return number.substr(0, 2) + "***" + number.substr(number.size() - 2);
}

} // namespace

std::vector<NumberPair> pairs_of(std::map<std::string, std::int64_t> const& account_by_number, numbers::NumberPlan const& plan)
{
    std::vector<NumberPair> pairs;
    for (auto const& [older, account] : account_by_number) {
        for (auto const& spelling : numbers::spellings_of_old(older, plan)) {
            auto const number = numbers::read_number(spelling, plan);
            if (!number || *number == older) continue;
            auto const newer = account_by_number.find(*number);
            if (newer == account_by_number.end()) continue;
            pairs.push_back({account, older, newer->second, *number});
            break;
        }
    }
    return pairs;
}

std::vector<Finding> examine_numbers(config::Config const& config)
{
    std::vector<NumberPair> pairs;
    try {
        pairs = pairs_of(read_accounts(config), config.numbers());
    } catch (std::exception const&) {
        return {}; // No tables yet, or no database: said elsewhere.
    }
    if (pairs.empty()) return {};
    std::string list;
    for (auto const& pair : std::span(pairs).first(std::min(pairs.size(), pairs_shown_max))) {
        list += (list.empty() ? "" : "; ") + masked(pair.older) + " (account " + std::to_string(pair.older_account) + ") and " +
                masked(pair.newer) + " (account " + std::to_string(pair.newer_account) + ")";
    }
    if (pairs.size() > pairs_shown_max) list += "; and " + std::to_string(pairs.size() - pairs_shown_max) + " more";
    return {{Health::note, "Numbers: " + std::to_string(pairs.size()) + " with two accounts, the older one first: " + list + ".",
             "The number as people type it opens the newer account. The older one opens by its number as it is kept, written with +."}};
}

} // namespace pollux::cli
