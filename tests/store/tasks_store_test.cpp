#include "tasks/enqueue.hpp"
#include "tasks/seal.hpp"
#include "tasks/task_store.hpp"

#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using tasks::LostLease;
using tasks::NewTask;
using tasks::Task;
using tasks::TaskStore;
using tasks::TaskVerdict;
using Next = TaskVerdict::Next;

asio::awaitable<int> enqueue_in(db::Transaction& transaction, NewTask task)
{
    co_await tasks::enqueue(transaction, std::move(task));
    co_return 0;
}

asio::awaitable<Result<int>> enqueue_and_refuse(db::Transaction& transaction, NewTask task)
{
    co_await tasks::enqueue(transaction, std::move(task));
    co_return not_found("anything");
}

class Tasks : public ::testing::Test {
protected:
    void enqueue(std::string subject = "a", std::chrono::microseconds delay = 0s, std::string payload = "", UserId user = UserId{7})
    {
        NewTask const task{"paint", user, std::move(subject), std::move(payload), delay};
        temp.run(temp.database().transact([task](db::Transaction& transaction) { return enqueue_in(transaction, task); }));
    }

    std::vector<Task> claim(std::int64_t count = 10, std::string owner = "one", std::string kinds = R"(["paint"])")
    {
        return temp.run(store.claim(std::move(owner), std::move(kinds), count));
    }
    Task claim_one()
    {
        auto claimed = claim();
        EXPECT_EQ(claimed.size(), 1U);
        return claimed.empty() ? Task{} : claimed.front();
    }

    bool finish(Task const& task, TaskVerdict verdict = {}, std::string reason = "")
    {
        return temp.run(store.finish(task, verdict, std::move(reason)));
    }
    bool die(Task const& task) { return finish(task, {Next::dead, task.failures + 1}, "No paint."); }

    std::int64_t count(db::Sql sql = "select count(*) from tasks") { return temp.run(temp.database().read(sql)).front().only().integer(); }
    std::int64_t dead() { return count("select count(*) from tasks where state = 'dead'"); }
    std::vector<LostLease> lost(TaskStore::Which which = TaskStore::Which::ended) { return temp.run(store.lost(R"(["paint"])", which)); }
    std::vector<std::string> due() { return temp.run(store.look(R"(["paint","sing"])", "[]")).due; }

    TempDatabase temp;
    TaskStore store{temp.database()};
};

TEST_F(Tasks, a_task_is_there_when_its_cause_is)
{
    NewTask const task{"paint", UserId{7}, "a", "{}"};
    auto const refused =
        temp.run(temp.database().transact([task](db::Transaction& transaction) { return enqueue_and_refuse(transaction, task); }));
    EXPECT_FALSE(refused);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(due().empty());
    enqueue("a", 0s, "{}");
    EXPECT_EQ(due(), std::vector<std::string>{"paint"});
    auto const claimed = claim_one();
    EXPECT_EQ(claimed.user, UserId{7});
    EXPECT_EQ(claimed.subject, "a");
    EXPECT_EQ(claimed.payload, "{}");
    EXPECT_EQ(claimed.attempt, 1);
    EXPECT_TRUE(claim().empty()) << "claimed once";
    EXPECT_TRUE(finish(claimed));
    EXPECT_EQ(count(), 0);
}

// Also of a table that PostgreSQL's planner knew when it had one row.
TEST_F(Tasks, no_more_are_claimed_than_asked_for)
{
    constexpr int more = 20;
    enqueue();
    temp.run(temp.database().write("analyze tasks"));
    for (int index = 0; index < more; ++index) enqueue(std::to_string(index));
    for (int index = 0; index <= more; ++index) EXPECT_EQ(claim(1).size(), 1U) << index;
    EXPECT_TRUE(claim(1).empty());
}

TEST_F(Tasks, only_kinds_that_are_asked_for_are_claimed)
{
    enqueue();
    EXPECT_TRUE(claim(10, "old", R"(["sing"])").empty());
    EXPECT_TRUE(claim(10, "old", "[]").empty());
    EXPECT_EQ(claim(10, "new", R"(["sing","paint"])").size(), 1U);
}

TEST_F(Tasks, a_ready_twin_keeps_the_earlier_time_and_takes_the_newer_payload)
{
    enqueue("a", 10s, "first");
    enqueue("a", 60s, "second");
    EXPECT_EQ(count(), 1);
    temp.clock().advance(10s);
    auto const claimed = claim_one();
    EXPECT_EQ(claimed.payload, "second");
    finish(claimed);

    enqueue("b", 60s);
    enqueue("b", 10s);
    temp.clock().advance(10s);
    EXPECT_EQ(claim_one().subject, "b");
}

TEST_F(Tasks, others_are_no_twins)
{
    enqueue("a");
    enqueue("b");
    enqueue("a", 0s, "", UserId{8});
    EXPECT_EQ(claim().size(), 3U);
}

TEST_F(Tasks, a_running_twin_runs_once_more)
{
    enqueue("a", 0s, "first");
    auto const first = claim_one();
    enqueue("a", 5s, "second");
    enqueue("a", 3s, "third");
    enqueue("a", 9s, "fourth");
    EXPECT_TRUE(claim().empty());
    EXPECT_TRUE(finish(first));
    EXPECT_EQ(count(), 1);
    temp.clock().advance(2s);
    EXPECT_TRUE(claim().empty());
    temp.clock().advance(1s);
    auto const second = claim_one();
    EXPECT_EQ(second.payload, "fourth");
    EXPECT_EQ(second.failures, 0);
    EXPECT_GT(second.attempt, first.attempt);
    EXPECT_TRUE(finish(second));
    EXPECT_EQ(count(), 0);
}

TEST_F(Tasks, what_was_asked_for_meanwhile_survives_every_end)
{
    for (auto const& verdict : {TaskVerdict{Next::gone}, TaskVerdict{Next::ready, 1, 60s}, TaskVerdict{Next::dead, 1}}) {
        enqueue();
        auto const first = claim_one();
        enqueue();
        EXPECT_TRUE(finish(first, verdict, "No paint."));
        EXPECT_EQ(dead(), 0);
        auto const second = claim_one();
        EXPECT_TRUE(finish(second));
        EXPECT_EQ(count(), 0);
    }
}

TEST_F(Tasks, a_failure_waits_and_is_counted)
{
    enqueue();
    EXPECT_TRUE(finish(claim_one(), {Next::ready, 1, 5s}, "No paint."));
    EXPECT_TRUE(claim().empty());
    temp.clock().advance(5s);
    auto const second = claim_one();
    EXPECT_EQ(second.failures, 1);
    EXPECT_EQ(second.attempt, 2);
}

TEST_F(Tasks, a_write_of_another_attempt_changes_nothing)
{
    enqueue();
    auto const first = claim_one();
    temp.clock().advance(tasks::lease_duration + 1s);
    ASSERT_EQ(lost().size(), 1U);
    EXPECT_TRUE(temp.run(store.take_back(lost().front(), {Next::ready, 1, 0s}, TaskStore::Which::ended)));
    auto const second = claim_one();
    for (auto const& verdict : {TaskVerdict{Next::gone}, TaskVerdict{Next::ready, 1, 0s}, TaskVerdict{Next::dead, 1}}) {
        EXPECT_FALSE(finish(first, verdict, "late"));
    }
    EXPECT_TRUE(claim().empty()) << "the second one still runs";
    EXPECT_EQ(dead(), 0);
    EXPECT_TRUE(finish(second));
    EXPECT_FALSE(finish(second)) << "once";
}

TEST_F(Tasks, a_lease_that_is_renewed_is_not_taken_back)
{
    enqueue();
    auto const task = claim_one();
    temp.clock().advance(tasks::lease_duration + 1s);
    auto const seen = lost();
    ASSERT_EQ(seen.size(), 1U);
    auto const ids = "[" + std::to_string(task.id.value) + "]";
    EXPECT_TRUE(temp.run(store.renew("another", ids)).empty());
    EXPECT_EQ(temp.run(store.renew("one", ids)), std::vector{task.id});
    EXPECT_FALSE(temp.run(store.take_back(seen.front(), {Next::ready, 1, 0s}, TaskStore::Which::ended)));
    EXPECT_TRUE(lost().empty());
    EXPECT_TRUE(finish(task));
}

TEST_F(Tasks, who_is_alone_takes_back_all_leases_at_once)
{
    enqueue();
    auto const task = claim_one();
    EXPECT_TRUE(lost().empty());
    auto const all = lost(TaskStore::Which::everybodys);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_TRUE(temp.run(store.take_back(all.front(), {Next::ready, 1, 0s}, TaskStore::Which::everybodys)));
    EXPECT_FALSE(finish(task));
    EXPECT_EQ(claim_one().failures, 1);
}

TEST_F(Tasks, the_dead_are_not_open)
{
    enqueue();
    auto const first = claim_one();
    EXPECT_TRUE(die(first));
    EXPECT_EQ(dead(), 1);
    enqueue();
    EXPECT_EQ(count(), 2);
    EXPECT_TRUE(finish(claim_one()));
    EXPECT_EQ(count(), 1);
}

TEST_F(Tasks, the_dead_keep_no_secrets)
{
    enqueue("a", 0s, Seal("0123456789abcdef0123456789abcdef").close("a code and a number"));
    enqueue("b", 0s, "red");
    for (auto const& task : claim()) EXPECT_TRUE(die(task));
    EXPECT_EQ(count("select count(*) from tasks where state = 'dead' and subject = 'a' and payload = ''"), 1);
    EXPECT_EQ(count("select count(*) from tasks where state = 'dead' and subject = 'b' and payload = 'red'"), 1);
}

TEST_F(Tasks, a_dead_one_that_is_retried_is_new_or_gives_way_to_its_twin)
{
    enqueue("a", 0s, "old");
    auto const first = claim_one();
    die(first);
    EXPECT_FALSE(temp.run(store.retry_dead(UserId{8}, first.id))) << "another user's";
    EXPECT_TRUE(temp.run(store.retry_dead(first.user, first.id)));
    EXPECT_FALSE(temp.run(store.retry_dead(first.user, first.id))) << "not dead any more";
    auto const second = claim_one();
    EXPECT_EQ(second.payload, "old");
    EXPECT_EQ(second.failures, 0);
    die(second);

    enqueue("a", 0s, "new");
    EXPECT_TRUE(temp.run(store.retry_dead(second.user, second.id)));
    EXPECT_EQ(count(), 1);
    auto const third = claim_one();
    EXPECT_EQ(third.payload, "new");
    EXPECT_TRUE(finish(third));
    EXPECT_EQ(count(), 0) << "the dead one did not count as asked for again";
}

TEST_F(Tasks, the_dead_are_forgotten_unless_they_are_duties)
{
    enqueue();
    die(claim_one());
    temp.clock().advance(24h * 30 - 1s);
    EXPECT_EQ(temp.run(store.forget_dead(R"(["paint"])", 24h * 30)), 0);
    temp.clock().advance(2s);
    EXPECT_EQ(temp.run(store.forget_dead(R"(["sing"])", 24h * 30)), 0);
    EXPECT_EQ(dead(), 1);
    EXPECT_EQ(temp.run(store.forget_dead(R"(["paint"])", 24h * 30)), 1);
    EXPECT_EQ(count(), 0);
}

TEST_F(Tasks, a_period_is_begun_once)
{
    std::string const periods = R"([{"kind":"paint","every_us":3600000000}])";
    auto wanted = [&] { return temp.run(store.look("[]", periods)).periods; };
    auto begin = [&] { return temp.run(store.begin_period("paint", 1h)); };
    EXPECT_EQ(wanted(), std::vector<std::string>{"paint"});
    EXPECT_TRUE(begin());
    EXPECT_FALSE(begin());
    EXPECT_TRUE(wanted().empty());
    auto const begun = claim_one();
    EXPECT_EQ(begun.user, tasks::nobody);
    finish(begun);

    temp.clock().advance(1h);
    EXPECT_EQ(wanted(), std::vector<std::string>{"paint"});
    EXPECT_TRUE(begin());
    EXPECT_FALSE(begin());
    finish(claim_one());
    temp.clock().advance(50h);
    EXPECT_TRUE(begin()) << "what was missed is not made up for";
    EXPECT_FALSE(begin());
    finish(claim_one());

    auto const into = std::chrono::microseconds(micros(temp.clock().now()) % std::chrono::microseconds(1h).count());
    temp.clock().advance(1h - into);
    EXPECT_TRUE(begin());
    temp.clock().advance(-1s);
    EXPECT_FALSE(begin()) << "as a caller that waited for a lock across the border sees it";
    EXPECT_TRUE(wanted().empty());
    temp.clock().advance(1s);
    finish(claim_one());
    temp.clock().advance(-24h * 400);
    EXPECT_EQ(wanted(), std::vector<std::string>{"paint"}) << "the clock was wrong before";
    EXPECT_TRUE(begin());
    EXPECT_FALSE(begin());
}

TEST_F(Tasks, the_longest_due_comes_first)
{
    enqueue("late", 2s);
    enqueue("early", 1s);
    enqueue("later", 3s);
    temp.clock().advance(5s);
    ASSERT_EQ(claim(1).front().subject, "early");
    ASSERT_EQ(claim(1).front().subject, "late");
    ASSERT_EQ(claim(5).front().subject, "later");
}

} // namespace
} // namespace pollux::test
