#include "db/postgres/server.hpp"

#include "base/reason.hpp"
#include "ops/failure.hpp"
#include "ops/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace pollux::db::postgres {
namespace {

constexpr std::string_view session_sql =
    "select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false), "
    "set_config('idle_in_transaction_session_timeout', $3, false), set_config('default_transaction_isolation', 'read committed', false), "
    "set_config('default_transaction_read_only', $4, false)";

constexpr std::string_view pulse_sql = "select 1";

constexpr std::chrono::milliseconds look_every{250};

} // namespace

Server::Server(asio::io_context& context, std::string url, PostgresLimits const& limits)
    : context_(context), limits_(limits), connector_(std::move(url))
{}

void Server::start()
{
    asio::co_spawn(context_, feel_pulse(), ops::must_not_fail);
    asio::co_spawn(context_, watch_deadlines(), ops::must_not_fail);
}

void Server::close()
{
    is_closing_ = true;
    end_all("the database is closed");
    for (auto* timer : pauses_) timer->cancel();
}

void Server::require_present() const
{
    if (is_closing_) throw Unavailable("the database is closed");
    if (!away_.empty()) throw Unavailable("PostgreSQL cannot be reached: " + away_);
}

asio::awaitable<void> Server::pause(std::chrono::milliseconds time)
{
    if (is_closing_) co_return;
    asio::steady_timer timer(context_, time);
    pauses_.insert(&timer);
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    pauses_.erase(&timer);
}

asio::awaitable<Connected> Server::open(Use use, std::function<void()> on_end)
{
    auto outcome = co_await connector_.connect();
    if (!outcome.handle) last_refusal_ = outcome.why;
    if (!outcome.handle || is_closing_) co_return nullptr;

    // Its owner hears of its end only once it has it.
    struct State {
        Connection* connection = nullptr;
        std::function<void()> on_end;
    };
    auto state = std::make_shared<State>();
    auto connection = std::make_shared<Connection>(context_, std::move(outcome.handle), [this, state] {
        open_.erase(state->connection);
        if (state->on_end) state->on_end();
    });
    state->connection = connection.get();
    open_.insert(connection.get());
    connection->start();
    try {
        co_await prepare_session(connection, use, limits_);
    } catch (std::exception const& failure) {
        last_refusal_ = reason_of(failure);
        connection->end(last_refusal_);
        co_return nullptr;
    }
    note_present();
    state->on_end = std::move(on_end);
    co_return connection;
}

asio::awaitable<void> Server::prepare_session(Connected connection, Use use, PostgresLimits const& limits)
{
    auto milliseconds = [](std::chrono::milliseconds time) { return std::to_string(time.count()); };
    auto const statement_max = use == Use::slow_reads ? limits.slow_reads.statement_max : limits.statement_max;
    auto values = params(milliseconds(statement_max), milliseconds(limits.lock_wait_max), milliseconds(limits.idle_in_transaction_max),
                         use == Use::writes ? "off" : "on");
    Connection::Question question{.statements = {{session_sql, std::move(values)}}, .deadline = Steady::now() + limits.pulse_answer_max};
    co_await connection->ask(std::move(question));
}

asio::awaitable<void> Server::feel_pulse()
{
    while (!is_closing_) {
        auto connection = co_await open(Use::reads, [] {});
        if (connection) {
            co_await beat(std::move(connection));
        } else if (open_.empty()) {
            note_away(last_refusal_);
        }
        co_await pause(limits_.reconnect_after);
    }
}

// Until the connection breaks.
asio::awaitable<void> Server::beat(Connected connection)
{
    connection->on_notification([this](std::string_view channel, std::string_view payload) { pass_on(channel, payload); });
    std::size_t listening = 0;
    while (connection->is_open()) {
        // An answer that does not come is found by watch_deadlines().
        try {
            Connection::Question question{.statements = {{pulse_sql}}, .deadline = Steady::now() + limits_.pulse_answer_max};
            co_await connection->ask(std::move(question));
            listening = co_await listen_from(connection, listening);
        } catch (std::exception const&) {
            connection->end("no pulse");
        }
        if (connection->is_open()) co_await pause(limits_.pulse_every);
        if (is_closing_) connection->end("the database is closed");
    }
}

// From this channel on; returns how many are listened to then.
asio::awaitable<std::size_t> Server::listen_from(Connected connection, std::size_t first)
{
    for (; first < channels_.size(); ++first) {
        auto const listen = "listen \"" + channels_[first].name + '"';
        Connection::Question question{.statements = {{.sql = listen, .form = Connection::Form::plain}},
                                      .deadline = Steady::now() + limits_.pulse_answer_max};
        co_await connection->ask(std::move(question));
        channels_[first].listener.on_listening();
    }
    co_return first;
}

void Server::pass_on(std::string_view channel, std::string_view payload)
{
    for (auto const& known : channels_) {
        if (known.name == channel) known.listener.on_payload(payload);
    }
}

// A connection whose answer is overdue is ended. If, besides, nothing at all was heard for so long, the server stands still, and
// nobody shall wait for it.
asio::awaitable<void> Server::watch_deadlines()
{
    while (!is_closing_) {
        co_await pause(look_every);
        auto const now = Steady::now();
        std::vector<Connected> overdue;
        for (auto* connection : open_) {
            if (connection->has_overdue(now)) overdue.push_back(connection->shared_from_this());
        }
        if (overdue.empty()) continue;
        if (now - last_heard() >= limits_.pulse_answer_max) {
            end_all("PostgreSQL does not answer");
            note_away("it does not answer");
        }
        for (auto const& connection : overdue) connection->end("an answer did not come in time");
    }
}

void Server::end_all(std::string const& why)
{
    std::vector<Connected> all;
    for (auto* connection : open_) all.push_back(connection->shared_from_this());
    for (auto const& connection : all) connection->end(why);
}

void Server::note_present()
{
    if (away_.empty()) return;
    away_.clear();
    ops::log(ops::Level::info, "database_back");
}

void Server::note_away(std::string const& why)
{
    if (!away_.empty() || is_closing_) return;
    away_ = why;
    ops::log(ops::Level::error, "database_away", {{"reason", why}});
}

Steady::time_point Server::last_heard() const
{
    Steady::time_point last;
    for (auto const* connection : open_) last = std::max(last, connection->last_heard());
    return last;
}

} // namespace pollux::db::postgres
