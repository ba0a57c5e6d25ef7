#include "billing/demo/demo_store.hpp"

#include "db/columns.hpp"

namespace pollux::billing::demo {
namespace {

constexpr db::Sql now_sql = "select now_us()";

constexpr db::Sql begin_answer_sql = R"sql(
    insert into demo_answers (operation, question, status, body, created_at) values ($1, $2, 0, '', now_us())
    on conflict (operation) do nothing
)sql";
constexpr db::Sql keep_answer_sql = "update demo_answers set status = $2, body = $3 where operation = $1";
constexpr db::Sql forget_answers_sql = "delete from demo_answers where created_at < now_us() - $1";

#define POLLUX_DEMO_ANSWER_COLUMNS "question, status, body"
namespace answer_column {
enum : std::size_t { question, status, body, count };
}
static_assert(db::columns_in(POLLUX_DEMO_ANSWER_COLUMNS) == answer_column::count);
constexpr db::Sql kept_answer_sql = "select " POLLUX_DEMO_ANSWER_COLUMNS " from demo_answers where operation = $1";

#define POLLUX_DEMO_CUSTOMER_COLUMNS "customer_id, installation, for_user, created_at"
namespace customer_column {
enum : std::size_t { id, installation, for_user, created_at, count };
}
static_assert(db::columns_in(POLLUX_DEMO_CUSTOMER_COLUMNS) == customer_column::count);
constexpr db::Sql add_customer_sql = "insert into demo_customers (" POLLUX_DEMO_CUSTOMER_COLUMNS ") values ($1, $2, $3, $4)";
constexpr db::Sql customer_sql = "select " POLLUX_DEMO_CUSTOMER_COLUMNS " from demo_customers where customer_id = $1";

#define POLLUX_DEMO_SESSION_COLUMNS                                                                                                        \
    "session_id, customer_id, price, installation, for_user, success_url, cancel_url, trial_days, status, subscription_id, paid_at, "      \
    "created_at, expires_at"
namespace session_column {
enum : std::size_t {
    id,
    customer,
    price,
    installation,
    for_user,
    success_url,
    cancel_url,
    trial_days,
    status,
    subscription,
    paid_at,
    created_at,
    expires_at,
    count
};
}
static_assert(db::columns_in(POLLUX_DEMO_SESSION_COLUMNS) == session_column::count);
constexpr db::Sql add_session_sql =
    "insert into demo_sessions (" POLLUX_DEMO_SESSION_COLUMNS ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr db::Sql session_sql = "select " POLLUX_DEMO_SESSION_COLUMNS " from demo_sessions where session_id = $1";
constexpr db::Sql lock_session_sql{"select " POLLUX_DEMO_SESSION_COLUMNS " from demo_sessions where session_id = $1",
                                   "select " POLLUX_DEMO_SESSION_COLUMNS " from demo_sessions where session_id = $1 for update"};
constexpr db::Sql open_sessions_sql = "select " POLLUX_DEMO_SESSION_COLUMNS " from demo_sessions "
                                      "where customer_id = $1 and status = 'open' order by created_at desc, session_id desc limit 100";
constexpr db::Sql end_session_sql = "update demo_sessions set status = $2, subscription_id = $3, paid_at = $4 where session_id = $1";
constexpr db::Sql forget_sessions_sql = "delete from demo_sessions where created_at < now_us() - $1";

#define POLLUX_DEMO_SUBSCRIPTION_COLUMNS                                                                                                   \
    "subscription_id, customer_id, session_id, price, installation, for_user, created_at, paid_at, trial_end, anchor_at, cancel_at, "      \
    "cancels_at_period_end, ended_at"
namespace subscription_column {
enum : std::size_t {
    id,
    customer,
    session,
    price,
    installation,
    for_user,
    created_at,
    paid_at,
    trial_end,
    anchor_at,
    cancel_at,
    cancels_at_period_end,
    ended_at,
    count
};
}
static_assert(db::columns_in(POLLUX_DEMO_SUBSCRIPTION_COLUMNS) == subscription_column::count);
constexpr db::Sql add_subscription_sql =
    "insert into demo_subscriptions (" POLLUX_DEMO_SUBSCRIPTION_COLUMNS ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr db::Sql subscription_sql = "select " POLLUX_DEMO_SUBSCRIPTION_COLUMNS " from demo_subscriptions where subscription_id = $1";
constexpr db::Sql lock_subscription_sql{"select " POLLUX_DEMO_SUBSCRIPTION_COLUMNS " from demo_subscriptions where subscription_id = $1",
                                        "select " POLLUX_DEMO_SUBSCRIPTION_COLUMNS
                                        " from demo_subscriptions where subscription_id = $1 for update"};
constexpr db::Sql change_subscription_sql = R"sql(
    update demo_subscriptions set price = $2, anchor_at = $3, cancel_at = $4, cancels_at_period_end = $5, ended_at = $6
    where subscription_id = $1
)sql";
constexpr db::Sql subscriptions_sql = "select " POLLUX_DEMO_SUBSCRIPTION_COLUMNS R"sql( from demo_subscriptions s
    where ($1 = '' or s.customer_id = $1) and ($2 = '' or (s.created_at, s.subscription_id) < (
        select a.created_at, a.subscription_id from demo_subscriptions a where a.subscription_id = $2))
    order by s.created_at desc, s.subscription_id desc limit $3
)sql";

#define POLLUX_DEMO_PORTAL_COLUMNS "portal_id, customer_id, return_url, created_at"
namespace portal_column {
enum : std::size_t { id, customer, return_url, created_at, count };
}
static_assert(db::columns_in(POLLUX_DEMO_PORTAL_COLUMNS) == portal_column::count);
constexpr db::Sql add_portal_sql = "insert into demo_portals (" POLLUX_DEMO_PORTAL_COLUMNS ") values ($1, $2, $3, $4)";
constexpr db::Sql portal_sql =
    "select " POLLUX_DEMO_PORTAL_COLUMNS " from demo_portals where portal_id = $1 and created_at > now_us() - $2";
constexpr db::Sql forget_portals_sql = "delete from demo_portals where created_at < now_us() - $1";

constexpr db::Sql forget_portals_of_user_sql =
    "delete from demo_portals where customer_id in (select customer_id from demo_customers where for_user = $1)";
constexpr db::Sql forget_sessions_of_user_sql = "delete from demo_sessions where for_user = $1";
constexpr db::Sql forget_subscriptions_of_user_sql = "delete from demo_subscriptions where for_user = $1";
constexpr db::Sql forget_customers_of_user_sql = "delete from demo_customers where for_user = $1";

std::int64_t us_of(std::chrono::microseconds duration)
{
    return duration.count();
}

DemoSession read_session(db::Row const& row)
{
    return {.id = row.text(session_column::id),
            .customer = row.text(session_column::customer),
            .price = row.text(session_column::price),
            .owner = {row.text(session_column::installation), row.text(session_column::for_user)},
            .success_url = row.text(session_column::success_url),
            .cancel_url = row.text(session_column::cancel_url),
            .trial_days = row.optional_integer(session_column::trial_days),
            .status = row.text(session_column::status),
            .subscription = row.text(session_column::subscription),
            .paid_at = row.optional_time(session_column::paid_at),
            .created = row.time(session_column::created_at),
            .expires = row.time(session_column::expires_at)};
}

DemoSubscription read_subscription(db::Row const& row)
{
    return {.id = row.text(subscription_column::id),
            .customer = row.text(subscription_column::customer),
            .session = row.text(subscription_column::session),
            .price = row.text(subscription_column::price),
            .owner = {row.text(subscription_column::installation), row.text(subscription_column::for_user)},
            .created = row.time(subscription_column::created_at),
            .paid_at = row.time(subscription_column::paid_at),
            .trial_end = row.optional_time(subscription_column::trial_end),
            .anchor = row.time(subscription_column::anchor_at),
            .cancel_at = row.optional_time(subscription_column::cancel_at),
            .cancels_at_period_end = row.boolean(subscription_column::cancels_at_period_end),
            .ended_at = row.optional_time(subscription_column::ended_at)};
}

template <class T>
std::optional<T> first(db::Rows const& rows, T (*read)(db::Row const&))
{
    if (rows.empty()) return std::nullopt;
    return read(rows.front());
}

} // namespace

asio::awaitable<Time> DemoStore::now(db::Transaction& transaction)
{
    auto const rows = co_await transaction.run(now_sql);
    co_return std::chrono::floor<std::chrono::seconds>(rows.front().only().time());
}

asio::awaitable<bool> DemoStore::begin_answer(db::Transaction& transaction, std::string operation, std::string question)
{
    auto const begun = co_await transaction.run(begin_answer_sql, std::move(operation), std::move(question));
    if (begun.changed() != 1) co_return false;
    co_await transaction.run(forget_answers_sql, us_of(answers_kept));
    co_return true;
}

asio::awaitable<void> DemoStore::keep_answer(db::Transaction& transaction, std::string operation, DemoAnswer answer)
{
    co_await transaction.run(keep_answer_sql, std::move(operation), answer.status, std::move(answer.body));
}

asio::awaitable<std::optional<KeptAnswer>> DemoStore::kept_answer(db::Transaction& transaction, std::string operation)
{
    auto const rows = co_await transaction.run(kept_answer_sql, std::move(operation));
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    auto const status = static_cast<int>(row.integer(answer_column::status));
    co_return KeptAnswer{row.text(answer_column::question), {status, row.text(answer_column::body)}};
}

asio::awaitable<void> DemoStore::add_customer(db::Transaction& transaction, DemoCustomer customer)
{
    auto owner = std::move(customer.owner);
    co_await transaction.run(add_customer_sql, std::move(customer.id), std::move(owner.installation), std::move(owner.user),
                             customer.created);
}

asio::awaitable<std::optional<DemoCustomer>> DemoStore::customer(db::Transaction& transaction, std::string id)
{
    auto const rows = co_await transaction.run(customer_sql, std::move(id));
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    co_return DemoCustomer{row.text(customer_column::id),
                           {row.text(customer_column::installation), row.text(customer_column::for_user)},
                           row.time(customer_column::created_at)};
}

asio::awaitable<void> DemoStore::add_session(db::Transaction& transaction, DemoSession session)
{
    co_await transaction.run(forget_sessions_sql, us_of(sessions_kept));
    co_await transaction.run(add_session_sql, session.id, session.customer, session.price, session.owner.installation, session.owner.user,
                             session.success_url, session.cancel_url, session.trial_days, session.status, session.subscription,
                             session.paid_at, session.created, session.expires);
}

asio::awaitable<std::optional<DemoSession>> DemoStore::session(db::Transaction& transaction, std::string id)
{
    co_return first(co_await transaction.run(session_sql, std::move(id)), read_session);
}

asio::awaitable<std::optional<DemoSession>> DemoStore::lock_session(db::Transaction& transaction, std::string id)
{
    co_return first(co_await transaction.run(lock_session_sql, std::move(id)), read_session);
}

asio::awaitable<std::vector<DemoSession>> DemoStore::open_sessions(db::Transaction& transaction, std::string customer)
{
    auto const rows = co_await transaction.run(open_sessions_sql, std::move(customer));
    std::vector<DemoSession> all;
    for (std::size_t index = 0; index < rows.size(); ++index) all.push_back(read_session(rows[index]));
    co_return all;
}

asio::awaitable<void> DemoStore::end_session(db::Transaction& transaction, DemoSession session)
{
    co_await transaction.run(end_session_sql, session.id, session.status, session.subscription, session.paid_at);
}

asio::awaitable<void> DemoStore::add_subscription(db::Transaction& transaction, DemoSubscription subscription)
{
    co_await transaction.run(add_subscription_sql, subscription.id, subscription.customer, subscription.session, subscription.price,
                             subscription.owner.installation, subscription.owner.user, subscription.created, subscription.paid_at,
                             subscription.trial_end, subscription.anchor, subscription.cancel_at, subscription.cancels_at_period_end,
                             subscription.ended_at);
}

asio::awaitable<std::optional<DemoSubscription>> DemoStore::subscription(db::Transaction& transaction, std::string id)
{
    co_return first(co_await transaction.run(subscription_sql, std::move(id)), read_subscription);
}

asio::awaitable<std::optional<DemoSubscription>> DemoStore::lock_subscription(db::Transaction& transaction, std::string id)
{
    co_return first(co_await transaction.run(lock_subscription_sql, std::move(id)), read_subscription);
}

asio::awaitable<void> DemoStore::change_subscription(db::Transaction& transaction, DemoSubscription subscription)
{
    co_await transaction.run(change_subscription_sql, subscription.id, subscription.price, subscription.anchor, subscription.cancel_at,
                             subscription.cancels_at_period_end, subscription.ended_at);
}

asio::awaitable<std::vector<DemoSubscription>> DemoStore::subscriptions(db::Transaction& transaction, std::string customer,
                                                                        std::string after, std::int64_t count_max)
{
    auto const rows = co_await transaction.run(subscriptions_sql, std::move(customer), std::move(after), count_max);
    std::vector<DemoSubscription> all;
    for (std::size_t index = 0; index < rows.size(); ++index) all.push_back(read_subscription(rows[index]));
    co_return all;
}

asio::awaitable<void> DemoStore::add_portal(db::Transaction& transaction, DemoPortal portal)
{
    co_await transaction.run(forget_portals_sql, us_of(portals_kept));
    co_await transaction.run(add_portal_sql, portal.id, portal.customer, portal.return_url, portal.created);
}

asio::awaitable<std::optional<DemoPortal>> DemoStore::portal(db::Transaction& transaction, std::string id)
{
    auto const rows = co_await transaction.run(portal_sql, std::move(id), us_of(portals_kept));
    if (rows.empty()) co_return std::nullopt;
    auto const row = rows.front();
    co_return DemoPortal{row.text(portal_column::id), row.text(portal_column::customer), row.text(portal_column::return_url),
                         row.time(portal_column::created_at)};
}

asio::awaitable<void> DemoStore::forget_user(db::Transaction& transaction, UserId user)
{
    auto const name = std::to_string(user.value);
    co_await transaction.run(forget_portals_of_user_sql, name);
    co_await transaction.run(forget_sessions_of_user_sql, name);
    co_await transaction.run(forget_subscriptions_of_user_sql, name);
    co_await transaction.run(forget_customers_of_user_sql, name);
}

} // namespace pollux::billing::demo
