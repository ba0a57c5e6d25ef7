// A process that asks for tasks and runs them, with the runner of the product and kinds of its own: for tests/e2e/tasks.test.mjs, which
// runs several of them, kills them, and reads what they left in the tables harness_*.
//
//     pollux-task-worker URL-OR-FILE ENQUEUES SUBJECTS SEED
//
// It asks until ENQUEUES have been counted in the database by all processes together, and works until SIGTERM.
#include "base/clock.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "db/postgres/postgres_database.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "net/runtime.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_runner.hpp"

#include <csignal>
#include <cstdio>
#include <random>

namespace pollux::test {
namespace {

namespace asio = boost::asio;

using namespace std::chrono_literals;
using tasks::Lane;
using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr UserId somebody{7};

constexpr db::Sql want_sql = R"sql(
    insert into harness_wanted (kind, subject, n) values ($1, $2, 1)
    on conflict (kind, subject) do update set n = harness_wanted.n + 1
)sql";
constexpr db::Sql wanted_sql = "select n from harness_wanted where kind = $1 and subject = $2";
constexpr db::Sql total_sql = "select coalesce(cast(sum(n) as bigint), 0) from harness_wanted";
constexpr db::Sql effect_sql = R"sql(
    insert into harness_effects (kind, subject, n) values ($1, $2, $3)
    on conflict (kind, subject) do update set n = excluded.n where harness_effects.n < excluded.n
)sql";
constexpr db::Sql tick_sql = "insert into harness_ticks (at) values (now_us())";

asio::awaitable<int> want(db::Transaction& transaction, std::string kind, std::string subject, std::chrono::milliseconds delay)
{
    co_await transaction.run(want_sql, kind, subject);
    co_await tasks::enqueue(transaction, {.kind = kind, .user = somebody, .subject = subject, .delay = delay});
    co_return 0;
}

// Looks at what is wanted, takes its time, and does that much: what was wanted after the look needs another run. It may run twice: the
// larger count stays.
asio::awaitable<TaskOutcome> effect(TaskRun& run, db::Database& database, std::chrono::milliseconds takes)
{
    auto const& task = run.task();
    auto const rows = co_await database.read(wanted_sql, task.kind, task.subject);
    co_await run.pause(Steady::now() + takes);
    if (run.is_to_end()) co_return TaskOutcome::hand_back();
    if (random_below(20) == 0) co_return TaskOutcome::retry("It was its turn to fail.", 0us);
    co_await database.write(effect_sql, task.kind, task.subject, rows.front().only().integer());
    co_return TaskOutcome::done();
}

// Takes a hand of its lane and never gives it back.
asio::awaitable<TaskOutcome> hang(TaskRun& run)
{
    while (!run.is_to_end()) co_await run.pause(Steady::now() + 1h);
    co_return TaskOutcome::hand_back();
}

asio::awaitable<TaskOutcome> fail(TaskRun& run)
{
    co_await run.pause(Steady::now() + 1ms);
    co_return TaskOutcome::retry("It never succeeds.", 0us);
}

asio::awaitable<TaskOutcome> refuse(TaskRun& run)
{
    co_await run.pause(Steady::now() + 1ms);
    co_return TaskOutcome::give_up("It cannot succeed.");
}

asio::awaitable<TaskOutcome> tick(db::Database& database)
{
    co_await database.write(tick_sql);
    co_return TaskOutcome::done();
}

void add_kinds(tasks::TaskKinds& kinds, db::Database& database)
{
    tasks::TaskLimits const stubborn{.attempts_max = 1'000'000, .back_off = 1ms};
    kinds.add({.name = "effect", .lane = Lane::light, .limits = stubborn, .work = [&](TaskRun& run) {
                   return effect(run, database, std::chrono::milliseconds(random_below(20)));
               }});
    kinds.add({.name = "slow", .lane = Lane::stripe, .limits = stubborn, .work = [&](TaskRun& run) { return effect(run, database, 3s); }});
    kinds.add({.name = "hang", .lane = Lane::heavy, .time_max = 24h, .limits = stubborn, .work = hang});
    kinds.add({.name = "fail", .lane = Lane::sms, .limits = {.attempts_max = 3, .back_off = 1ms}, .work = fail});
    kinds.add({.name = "refuse", .lane = Lane::sms, .duty = tasks::Duty::obligation, .work = refuse});
    kinds.add({.name = "tick", .lane = Lane::light, .limits = stubborn, .every = 2s, .work = [&](TaskRun&) { return tick(database); }});
}

struct Plan {
    std::int64_t enqueues = 0;
    std::uint64_t subjects = 0;
    std::uint64_t seed = 0;
};

asio::awaitable<void> ask(db::Database& database, Plan plan, std::atomic<bool>& stops)
{
    std::mt19937_64 random(plan.seed);
    net::Wakeup pause;
    for (std::int64_t asked = 0; !stops; ++asked) {
        if (asked % 10 == 0) {
            auto const rows = co_await database.read(total_sql);
            if (rows.front().only().integer() >= plan.enqueues) co_return;
        }
        auto const choice = random() % 100;
        std::string const kind = choice < 90 ? "effect" : choice < 92 ? "hang" : choice < 94 ? "slow" : choice < 97 ? "fail" : "refuse";
        auto const subject = std::to_string(random() % plan.subjects);
        auto const delay = std::chrono::milliseconds(random() % 4 == 0 ? random() % 300 : 0);
        try {
            co_await database.transact(
                [kind, subject, delay](db::Transaction& transaction) { return want(transaction, kind, subject, delay); });
        } catch (db::Unavailable const&) {
            --asked; // Asked again, as somebody would.
        }
        co_await pause.wait(pause.count(), Steady::now() + std::chrono::milliseconds(random() % 8));
    }
}

std::unique_ptr<db::Database> open(std::string const& place, Clock const& clock)
{
    if (place.starts_with("postgres")) return std::make_unique<db::PostgresDatabase>(db::PostgresOptions{.url = place});
    return std::make_unique<db::SqliteDatabase>(db::SqliteOptions{.file = place, .clock = &clock});
}

int run(std::string const& place, Plan plan)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    prepare_secrets();
    Clock const clock;
    net::Runtime runtime(2);
    auto const database = open(place, clock);
    tasks::TaskKinds kinds;
    add_kinds(kinds, *database);
    tasks::TaskRunner::Options options{.scan_every = 200ms, .renew_every = 2s};
    if (place.starts_with("postgres")) options.at_start = tasks::TaskRunner::AtStart::wait_for_leases;
    tasks::TaskRunner runner(*database, runtime, kinds, tasks::Seal("a key for tests"), options);
    std::atomic<bool> stops = false;
    net::TaskGroup asking([](std::exception_ptr) { std::terminate(); });
    runtime.start();
    runner.start();
    asking.spawn(runtime.next_executor(), ask(*database, plan, stops));
    std::printf("is ready\n");
    std::fflush(stdout);

    int signal = 0;
    sigwait(&signals, &signal);
    stops = true;
    runner.begin_stop();
    asking.wait(5s);
    runner.end_stop(5s);
    database->close();
    runtime.stop();
    return 0;
}

} // namespace
} // namespace pollux::test

int main(int count, char** arguments)
{
    if (count != 5) return 2;
    auto const number = [&](int index) { return static_cast<std::uint64_t>(pollux::parse_integer(arguments[index]).value_or(0)); };
    return pollux::test::run(arguments[1], {static_cast<std::int64_t>(number(2)), number(3), number(4)});
}
