#include "tasks/enqueue.hpp"
#include "tasks/task_runner.hpp"

#include "base/secrets.hpp"
#include "support/running_runtime.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using tasks::Lane;
using tasks::NewTask;
using tasks::TaskKind;
using tasks::TaskOutcome;
using tasks::TaskRun;
using tasks::TaskRunner;

asio::awaitable<int> enqueue_in(db::Transaction& transaction, NewTask task)
{
    co_await tasks::enqueue(transaction, std::move(task));
    co_return 0;
}

// What the work of these tests is told to do, and what it did.
struct Script {
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    std::atomic<bool> hangs = false;       // Until it is to end.
    std::atomic<bool> ignores_all = false; // Hangs until `is_free`.
    std::atomic<bool> is_free = false;
    std::atomic<bool> holds = false;
    std::atomic<bool> throws = false;
    std::atomic<int> failures = 0; // To come.
    std::mutex mutex;
    std::vector<std::string> payloads;
};

asio::awaitable<TaskOutcome> follow(TaskRun& run, Script& script)
{
    if (script.holds) run.hold();
    ++script.begun;
    {
        std::lock_guard lock(script.mutex);
        script.payloads.push_back(run.task().payload);
    }
    while (script.hangs && !run.is_to_end()) co_await run.pause(Steady::now() + 1s);
    net::Wakeup clock;
    while (script.ignores_all && !script.is_free) co_await clock.wait(clock.count(), Steady::now() + 5ms);
    if (script.throws) throw std::runtime_error("the brush broke");
    ++script.ended;
    if (script.hangs) co_return TaskOutcome::hand_back();
    if (script.failures > 0) {
        --script.failures;
        co_return TaskOutcome::retry("No paint.", 0us);
    }
    co_return TaskOutcome::done();
}

class TaskRunners : public ::testing::Test {
protected:
    TaskRunners() { prepare_secrets(); }
    ~TaskRunners() override
    {
        stop();
        temp.database().close();
        threads.runtime.stop();
    }

    Script& add(std::string name, Lane lane, TaskKind kind = {})
    {
        auto& script = scripts[name];
        kind.name = std::move(name);
        kind.lane = lane;
        kind.work = [&script](TaskRun& run) { return follow(run, script); };
        kinds.add(std::move(kind));
        return script;
    }

    void start(TaskRunner::Options options = {})
    {
        options.scan_every = 20ms;
        options.renew_every = 20ms;
        runner = std::make_unique<TaskRunner>(temp.database(), threads.runtime, kinds, tasks::Seal("key"), std::move(options));
        runner->start();
    }
    void stop(std::chrono::milliseconds limit = 5s)
    {
        if (!runner) return;
        runner->begin_stop();
        runner->end_stop(limit);
        runner.reset();
    }

    void enqueue(std::string kind, std::string subject, std::string payload = "")
    {
        NewTask const task{std::move(kind), UserId{7}, std::move(subject), std::move(payload)};
        threads.run(temp.database().transact([task](db::Transaction& transaction) { return enqueue_in(transaction, task); }));
    }

    std::int64_t count(db::Sql sql = "select count(*) from tasks")
    {
        return threads.run(temp.database().read(sql)).front().only().integer();
    }

    TempDatabase temp;
    RunningRuntime threads;
    std::map<std::string, Script> scripts;
    tasks::TaskKinds kinds;
    std::unique_ptr<TaskRunner> runner;
};

TEST_F(TaskRunners, run_what_is_asked_for)
{
    auto& paint = add("paint", Lane::light);
    start();
    for (int index = 0; index < 20; ++index) enqueue("paint", std::to_string(index));
    EXPECT_TRUE(comes_true([&] { return paint.ended == 20 && count() == 0; }));
}

TEST_F(TaskRunners, no_lane_starves_another_that_hangs)
{
    auto& heavy = add("heavy", Lane::heavy, {.time_max = 3600s});
    auto& sms = add("sms", Lane::sms);
    heavy.hangs = true;
    start();
    for (int index = 0; index < 10; ++index) enqueue("heavy", std::to_string(index));
    EXPECT_TRUE(comes_true([&] { return heavy.begun == 2; }));
    for (int index = 0; index < 10; ++index) enqueue("sms", std::to_string(index));
    EXPECT_TRUE(comes_true([&] { return sms.ended == 10; }));
    EXPECT_EQ(heavy.begun, 2) << "as many as the lane has hands";
}

TEST_F(TaskRunners, only_their_own_lanes)
{
    auto& heavy = add("heavy", Lane::heavy);
    auto& sms = add("sms", Lane::sms);
    start({.lanes = {Lane::sms, Lane::stripe}});
    enqueue("heavy", "a");
    enqueue("sms", "a");
    enqueue("unknown", "a");
    EXPECT_TRUE(comes_true([&] { return sms.ended == 1; }));
    EXPECT_TRUE(comes_true([&] { return count() == 2; }));
    EXPECT_EQ(heavy.begun, 0);
}

TEST_F(TaskRunners, failures_are_tried_again_and_end)
{
    auto& paint = add("paint", Lane::light, {.limits = {.attempts_max = 4}});
    paint.failures = 3;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return count() == 0; }));
    EXPECT_EQ(paint.ended, 4);
    paint.failures = 100;
    enqueue("paint", "b");
    EXPECT_TRUE(comes_true([&] { return count("select count(*) from tasks where state = 'dead'") == 1; }));
    EXPECT_EQ(paint.ended, 8);
    EXPECT_EQ(count("select count(*) from tasks where last_error = 'No paint.' and failures = 4"), 1);
}

TEST_F(TaskRunners, an_exception_is_a_failure_whose_words_stay_in_the_log)
{
    auto& paint = add("paint", Lane::light, {.limits = {.attempts_max = 1}});
    paint.throws = true;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return count("select count(*) from tasks where state = 'dead'") == 1; }));
    EXPECT_EQ(count("select count(*) from tasks where last_error like '%brush%'"), 0);
}

TEST_F(TaskRunners, a_stop_hands_back_and_counts_nothing)
{
    auto& paint = add("paint", Lane::light, {.time_max = 3600s});
    paint.hangs = true;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return paint.begun == 1; }));
    stop();
    EXPECT_EQ(count("select count(*) from tasks where state = 'ready' and failures = 0"), 1);
    paint.hangs = false;
    start();
    EXPECT_TRUE(comes_true([&] { return count() == 0; }));
}

TEST_F(TaskRunners, a_stop_hands_back_for_who_does_not_listen)
{
    auto& paint = add("paint", Lane::light, {.time_max = 3600s});
    paint.ignores_all = true;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return paint.begun == 1; }));
    runner->begin_stop();
    runner->end_stop(10ms);
    EXPECT_EQ(count("select count(*) from tasks where state = 'ready' and failures = 0"), 1);
    paint.is_free = true;
    EXPECT_TRUE(comes_true([&] { return runner->running() == 0; }));
    EXPECT_EQ(count("select count(*) from tasks where state = 'ready'"), 1) << "its late end changes nothing";
    runner.reset();
}

TEST_F(TaskRunners, a_stop_waits_for_what_is_held_and_never_hands_it_back)
{
    auto& post = add("post", Lane::sms, {.time_max = 3600s});
    auto& paint = add("paint", Lane::light, {.time_max = 3600s});
    post.holds = true;
    post.ignores_all = true;
    paint.ignores_all = true;
    start();
    enqueue("post", "a");
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return post.begun == 1 && paint.begun == 1; }));
    runner->begin_stop();
    std::thread stopping([&] { runner->end_stop(10ms); });
    EXPECT_TRUE(comes_true([&] { return count("select count(*) from tasks where kind = 'paint' and state = 'ready'") == 1; }));
    EXPECT_EQ(count("select count(*) from tasks where kind = 'post' and state = 'running'"), 1);
    post.is_free = true;
    stopping.join();
    EXPECT_EQ(count("select count(*) from tasks where kind = 'post'"), 0) << "it has ended before the stop did";
    paint.is_free = true;
    EXPECT_TRUE(comes_true([&] { return runner->running() == 0; }));
    runner.reset();
}

TEST_F(TaskRunners, what_is_over_its_time_goes_on_later)
{
    auto& paint = add("paint", Lane::light, {.time_max = 0s, .limits = {.attempts_max = 2}});
    paint.hangs = true;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return paint.ended >= 5; })) << "handing back is no failure";
    paint.hangs = false;
    EXPECT_TRUE(comes_true([&] { return count() == 0; }));
}

TEST_F(TaskRunners, leases_of_the_dead_are_taken_over)
{
    auto& paint = add("paint", Lane::light, {.limits = {.back_off = 0s}});
    enqueue("paint", "a");
    tasks::TaskStore store(temp.database());
    EXPECT_EQ(threads.run(store.claim("who died", R"(["paint"])", 1)).size(), 1U);
    start({.at_start = TaskRunner::AtStart::wait_for_leases});
    enqueue("paint", "b");
    EXPECT_TRUE(comes_true([&] { return paint.ended == 1 && count() == 1; })) << "its lease holds";
    temp.clock().advance(tasks::lease_duration + 1s);
    EXPECT_TRUE(comes_true([&] { return count() == 0; }));
    EXPECT_EQ(paint.ended, 2);
}

TEST_F(TaskRunners, who_is_alone_takes_over_at_once)
{
    auto& paint = add("paint", Lane::light, {.limits = {.back_off = 0s}});
    enqueue("paint", "a");
    tasks::TaskStore store(temp.database());
    EXPECT_EQ(threads.run(store.claim("who died", R"(["paint"])", 1)).size(), 1U);
    start();
    EXPECT_TRUE(comes_true([&] { return paint.ended == 1 && count() == 0; }));
}

TEST_F(TaskRunners, a_lost_lease_is_told_and_its_end_is_refused)
{
    auto& paint = add("paint", Lane::light, {.time_max = 3600s});
    paint.hangs = true;
    start();
    enqueue("paint", "a");
    EXPECT_TRUE(comes_true([&] { return paint.begun == 1; }));
    threads.run(temp.database().write("update tasks set attempts = attempts + 1, lease_owner = 'another'"));
    EXPECT_TRUE(comes_true([&] { return paint.ended == 1; }));
    EXPECT_TRUE(comes_true([&] { return runner->running() == 0; }));
    EXPECT_EQ(count("select count(*) from tasks where state = 'running' and lease_owner = 'another'"), 1);
}

TEST_F(TaskRunners, sealed_payloads_are_opened)
{
    auto& paint = add("paint", Lane::light);
    start();
    enqueue("paint", "a", tasks::Seal("key").close("red"));
    EXPECT_TRUE(comes_true([&] { return count() == 0; }));
    EXPECT_EQ(paint.payloads, std::vector<std::string>{"red"});
    enqueue("paint", "b", tasks::Seal("another").close("red"));
    EXPECT_TRUE(comes_true([&] { return count("select count(*) from tasks where state = 'dead'") == 1; }));
    EXPECT_EQ(paint.begun, 1);
}

TEST_F(TaskRunners, periods_are_run_once_each)
{
    auto& sweep = add("sweep", Lane::heavy, {.every = 3600s});
    auto& paint = add("paint", Lane::light);
    start();
    for (int period = 1; period <= 5; ++period) {
        EXPECT_TRUE(comes_true([&] { return sweep.ended == period && count() == 0; }));
        // Two more looks, at least: whatever is enqueued after one began is found by the next.
        for (int look = 0; look < 2; ++look) {
            auto const before = paint.ended.load();
            enqueue("paint", "a");
            EXPECT_TRUE(comes_true([&] { return paint.ended > before; }));
        }
        EXPECT_EQ(sweep.begun, period);
        temp.clock().advance(1h);
    }
}

} // namespace
} // namespace pollux::test
