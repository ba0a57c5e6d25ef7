#include "billing/payments/walk_store.hpp"

#include "base/failpoint.hpp"
#include "billing/payments/account.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "db/columns.hpp"
#include "tasks/enqueue.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace pollux::billing {
namespace {

// A step takes less: a page, or a batch of customers, with what may be repeated of it.
constexpr std::chrono::microseconds hold_time = std::chrono::seconds(30);

constexpr std::array<std::pair<WalkPhase, std::string_view>, 5> phase_words{{{WalkPhase::idle, "idle"},
                                                                             {WalkPhase::events, "events"},
                                                                             {WalkPhase::subscriptions, "subscriptions"},
                                                                             {WalkPhase::rows, "rows"},
                                                                             {WalkPhase::customers, "customers"}}};
constexpr std::array<std::pair<EndpointState, std::string_view>, 4> endpoint_words{{{EndpointState::unknown, ""},
                                                                                    {EndpointState::enabled, "enabled"},
                                                                                    {EndpointState::disabled, "disabled"},
                                                                                    {EndpointState::missing, "missing"}}};

template <class T, std::size_t Size>
std::string_view word_of(T value, std::array<std::pair<T, std::string_view>, Size> const& words)
{
    for (auto const& [one, word] : words) {
        if (one == value) return word;
    }
    return {};
}

// A word of a newer version's reads as the first: such a walk begins anew.
template <class T, std::size_t Size>
T read_word(std::string const& text, std::array<std::pair<T, std::string_view>, Size> const& words)
{
    for (auto const& [one, word] : words) {
        if (word == text) return one;
    }
    return words.front().first;
}

#define POLLUX_WALK_COLUMNS                                                                                                                \
    "phase, position, seen_until, reaches_from, reaches_until, asked, events, customers, changed, calls, begun_at, ended_at, endpoint, "   \
    "now_us()"
namespace column {
enum : std::size_t {
    phase,
    position,
    seen_until,
    reaches_from,
    reaches_until,
    asked,
    events,
    customers,
    changed,
    calls,
    begun_at,
    ended_at,
    endpoint,
    now,
    count
};
}
static_assert(db::columns_in(POLLUX_WALK_COLUMNS) == column::count);

constexpr db::Sql make_sql = "insert into payment_walks (mode, account) values ($1, $2) on conflict (mode, account) do nothing";

constexpr db::Sql hold_sql = R"sql(
    update payment_walks set holder = $3, held_until = now_us() + $4
    where mode = $1 and account = $2 and (holder = $3 or held_until < now_us())
    returning )sql" POLLUX_WALK_COLUMNS;

constexpr db::Sql let_go_sql = "update payment_walks set holder = '', held_until = 0 where mode = $1 and account = $2 and holder = $3";

constexpr db::Sql look_sql = "select " POLLUX_WALK_COLUMNS " from payment_walks where mode = $1 and account = $2";

constexpr db::Sql ask_sql = "update payment_walks set asked = $3 where mode = $1 and account = $2 and asked < $3";

// More may have been asked for since the walk was looked at: then that is still to be done.
constexpr db::Sql begin_sql = R"sql(
    update payment_walks set phase = $4, position = '', reaches_from = $5, reaches_until = $6, events = 0, customers = 0, changed = 0,
        calls = 0, begun_at = now_us(), asked = case when asked <= $7 then 0 else asked end, held_until = now_us() + $8
    where mode = $1 and account = $2 and holder = $3
)sql";

constexpr db::Sql step_sql = R"sql(
    update payment_walks set phase = $4, position = $5, events = events + $6, customers = customers + $7, changed = changed + $8,
        calls = calls + $9, held_until = now_us() + $10
    where mode = $1 and account = $2 and holder = $3
)sql";

constexpr db::Sql finish_sql = R"sql(
    update payment_walks set seen_until = case when reaches_until < begun_at then reaches_until else begun_at end, ended_at = now_us(),
        endpoint = $4
    where mode = $1 and account = $2 and holder = $3
)sql";

constexpr db::Sql has_customers_scan_sql = "select 1 from payment_customers where mode = $1 and account = $2 limit 1";

constexpr db::Sql mark_scan_sql{
    R"sql(
    update payment_customers set to_walk = 1
    where mode = $1 and account = $2 and customer_id in (select value from json_each($3))
)sql",
    R"sql(
    update payment_customers set to_walk = 1
    where mode = $1 and account = $2 and customer_id in (select json_array_elements_text($3::json))
)sql"};

constexpr std::int64_t rows_at_once = 1'000;

constexpr db::Sql live_users_scan_sql = R"sql(
    select distinct user_id from subscriptions
    where user_id > $3 and mode = $1 and account = $2 and status not in ('canceled', 'incomplete_expired') order by user_id limit $4
)sql";

constexpr db::Sql mark_users_scan_sql{
    R"sql(
    update payment_customers set to_walk = 1 where mode = $1 and account = $2 and user_id in (select value from json_each($3))
)sql",
    R"sql(
    update payment_customers set to_walk = 1
    where mode = $1 and account = $2 and user_id in (select json_array_elements_text($3::json)::bigint)
)sql"};

constexpr db::Sql unmark_scan_sql{
    R"sql(
    update payment_customers set to_walk = 0 where mode = $1 and account = $2 and user_id in (select value from json_each($3))
)sql",
    R"sql(
    update payment_customers set to_walk = 0
    where mode = $1 and account = $2 and user_id in (select json_array_elements_text($3::json)::bigint)
)sql"};

namespace marked_column {
enum : std::size_t { user_id, customer };
}
constexpr db::Sql marked_scan_sql = R"sql(
    select user_id, customer_id from payment_customers where to_walk = 1 and mode = $1 and account = $2 order by user_id limit $3
)sql";

Walk read_walk(db::Row const& row)
{
    Walk walk;
    walk.phase = read_word(row.text(column::phase), phase_words);
    walk.position = row.text(column::position);
    if (row.integer(column::seen_until) > 0) walk.seen_until = row.time(column::seen_until);
    walk.reaches_from = row.time(column::reaches_from);
    walk.reaches_until = row.time(column::reaches_until);
    auto const asked = row.integer(column::asked);
    walk.asked = asked >= 2 ? WalkReach::everything : asked == 1 ? WalkReach::events : WalkReach::nothing;
    walk.events = row.integer(column::events);
    walk.customers = row.integer(column::customers);
    walk.changed = row.integer(column::changed);
    walk.calls = row.integer(column::calls);
    walk.begun_at = row.time(column::begun_at);
    walk.ended_at = row.time(column::ended_at);
    walk.endpoint = read_word(row.text(column::endpoint), endpoint_words);
    walk.now = row.time(column::now);
    return walk;
}

std::int64_t number_of(WalkReach reach)
{
    return reach == WalkReach::everything ? 2 : reach == WalkReach::events ? 1 : 0;
}

std::string json_of(std::vector<std::string> const& texts)
{
    boost::json::array list;
    for (auto const& text : texts) list.emplace_back(text);
    return boost::json::serialize(list);
}

std::string users_json(std::vector<MarkedCustomer> const& customers)
{
    boost::json::array list;
    for (auto const& one : customers) list.emplace_back(one.user.value);
    return boost::json::serialize(list);
}

struct Held {
    PaymentScope scope;
    std::string holder;
};

asio::awaitable<bool> put_step(db::Transaction& transaction, Held held, WalkStep step)
{
    auto const put = co_await transaction.run(step_sql, held.scope.mode, held.scope.account, held.holder, word_of(step.phase, phase_words),
                                              step.position, step.events, step.customers, step.changed, step.calls, hold_time.count());
    co_return put.changed() == 1;
}

asio::awaitable<bool> gather_in(db::Transaction& transaction, Held held, WalkStep step, std::string customers,
                                std::vector<std::string> payments)
{
    bool const is_held = co_await put_step(transaction, held, std::move(step));
    if (!is_held) co_return false;
    co_await transaction.run(mark_scan_sql, held.scope.mode, held.scope.account, std::move(customers));
    for (auto& payment : payments) {
        co_await tasks::enqueue(transaction, {.kind = judge_payment_task, .subject = std::move(payment), .payload = text_of(held.scope)});
    }
    failpoint("walk_before_commit");
    co_return true;
}

asio::awaitable<std::optional<WalkStore::MarkedRows>> gather_rows_in(db::Transaction& transaction, Held held, WalkStep step)
{
    auto const after = step.position.empty() ? std::int64_t(0) : std::stoll(step.position);
    auto const rows = co_await transaction.run(live_users_scan_sql, held.scope.mode, held.scope.account, after, rows_at_once);
    boost::json::array users;
    for (std::size_t index = 0; index < rows.size(); ++index) users.emplace_back(rows[index].only().integer());
    bool const is_over = static_cast<std::int64_t>(rows.size()) < rows_at_once;
    step.phase = is_over ? WalkPhase::customers : WalkPhase::rows;
    step.position = is_over ? std::string() : std::to_string(rows[rows.size() - 1].only().integer());
    bool const is_held = co_await put_step(transaction, held, step);
    if (!is_held) co_return std::nullopt;
    co_await transaction.run(mark_users_scan_sql, held.scope.mode, held.scope.account, boost::json::serialize(users));
    co_return WalkStore::MarkedRows{step.phase, std::move(step.position)};
}

asio::awaitable<bool> unmark_in(db::Transaction& transaction, Held held, WalkStep step, std::string done, std::vector<MarkedCustomer> left)
{
    bool const is_held = co_await put_step(transaction, held, std::move(step));
    if (!is_held) co_return false;
    co_await transaction.run(unmark_scan_sql, held.scope.mode, held.scope.account, std::move(done));
    for (auto& one : left) {
        co_await tasks::enqueue(
            transaction,
            {.kind = sync_customer_task, .user = one.user, .subject = std::move(one.customer), .payload = text_of(held.scope)});
    }
    failpoint("walk_before_commit");
    co_return true;
}

asio::awaitable<bool> finish_in(db::Transaction& transaction, Held held, WalkStep step, EndpointState endpoint)
{
    bool const is_held = co_await put_step(transaction, held, std::move(step));
    if (!is_held) co_return false;
    co_await transaction.run(finish_sql, held.scope.mode, held.scope.account, held.holder, word_of(endpoint, endpoint_words));
    co_return true;
}

} // namespace

asio::awaitable<std::optional<Walk>> WalkStore::hold()
{
    co_await database_.write(make_sql, scope_.mode, scope_.account);
    auto const rows = co_await database_.write(hold_sql, scope_.mode, scope_.account, holder_, hold_time.count());
    if (rows.empty()) co_return std::nullopt;
    co_return read_walk(rows.front());
}

asio::awaitable<void> WalkStore::let_go()
{
    co_await database_.write(let_go_sql, scope_.mode, scope_.account, holder_);
}

asio::awaitable<Walk> WalkStore::look()
{
    auto const rows = co_await database_.read(look_sql, scope_.mode, scope_.account);
    if (rows.empty()) co_return Walk{};
    co_return read_walk(rows.front());
}

asio::awaitable<void> WalkStore::ask(WalkReach reach)
{
    co_await database_.write(make_sql, scope_.mode, scope_.account);
    co_await database_.write(ask_sql, scope_.mode, scope_.account, number_of(reach));
}

asio::awaitable<void> WalkStore::ask(db::Transaction& transaction, PaymentScope scope, WalkReach reach)
{
    co_await transaction.run(make_sql, scope.mode, scope.account);
    co_await transaction.run(ask_sql, scope.mode, scope.account, number_of(reach));
}

asio::awaitable<bool> WalkStore::has_customers()
{
    auto const rows = co_await database_.read(has_customers_scan_sql, scope_.mode, scope_.account);
    co_return !rows.empty();
}

asio::awaitable<bool> WalkStore::begin(WalkPhase phase, Time reaches_from, Time reaches_until, WalkReach answered)
{
    auto const begun = co_await database_.write(begin_sql, scope_.mode, scope_.account, holder_, word_of(phase, phase_words), reaches_from,
                                                reaches_until, number_of(answered), hold_time.count());
    co_return begun.changed() == 1;
}

asio::awaitable<bool> WalkStore::gather(WalkStep step, std::vector<std::string> customers, std::vector<std::string> payments)
{
    return database_.transact(
        [held = Held{scope_, holder_}, step = std::move(step), list = json_of(customers),
         payments = std::move(payments)](db::Transaction& transaction) { return gather_in(transaction, held, step, list, payments); });
}

asio::awaitable<std::optional<WalkStore::MarkedRows>> WalkStore::gather_rows(WalkStep step)
{
    return database_.transact([held = Held{scope_, holder_}, step = std::move(step)](db::Transaction& transaction) {
        return gather_rows_in(transaction, held, step);
    });
}

asio::awaitable<bool> WalkStore::unmark(WalkStep step, std::vector<MarkedCustomer> done, std::vector<MarkedCustomer> left)
{
    done.insert(done.end(), left.begin(), left.end());
    return database_.transact([held = Held{scope_, holder_}, step = std::move(step), list = users_json(done), left = std::move(left)](
                                  db::Transaction& transaction) { return unmark_in(transaction, held, step, list, left); });
}

asio::awaitable<bool> WalkStore::finish(WalkStep step, EndpointState endpoint)
{
    return database_.transact([held = Held{scope_, holder_}, step = std::move(step), endpoint](db::Transaction& transaction) {
        return finish_in(transaction, held, step, endpoint);
    });
}

asio::awaitable<std::vector<MarkedCustomer>> WalkStore::marked(std::int64_t count_max)
{
    auto const rows = co_await database_.read(marked_scan_sql, scope_.mode, scope_.account, count_max);
    std::vector<MarkedCustomer> customers;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        customers.push_back({rows[index].id<UserId>(marked_column::user_id), rows[index].text(marked_column::customer)});
    }
    co_return customers;
}

} // namespace pollux::billing
