#include "tasks/task_verdict.hpp"

#include <gtest/gtest.h>

namespace pollux::tasks {
namespace {

using namespace std::chrono_literals;
using Next = TaskVerdict::Next;

struct Case {
    char const* name;
    TaskEnd end;
    std::int64_t failures;
    double jitter;
    TaskVerdict expected;
};

constexpr TaskLimits limits{.attempts_max = 3, .back_off = 4s};

Case const cases[] = {
    {"what is done is gone", TaskEnd::done, 2, 0.5, {Next::gone, 0, 0s}},
    {"the first failure waits", TaskEnd::retry, 0, 0, {Next::ready, 1, 4s}},
    {"the second one twice as long", TaskEnd::retry, 1, 0, {Next::ready, 2, 8s}},
    {"spread by a quarter", TaskEnd::retry, 1, 1, {Next::ready, 2, 10s}},
    {"the last attempt is the last", TaskEnd::retry, 2, 0, {Next::dead, 3, 0s}},
    {"a lost lease counts", TaskEnd::lost, 0, 0, {Next::ready, 1, 4s}},
    {"and ends what kills its processes", TaskEnd::lost, 2, 0, {Next::dead, 3, 0s}},
    {"who gives up is not asked again", TaskEnd::give_up, 0, 0, {Next::dead, 1, 0s}},
    {"handing back counts nothing", TaskEnd::hand_back, 0, 1, {Next::ready, 0, 0s}},
    {"nor does waiting, which takes a while", TaskEnd::wait, 2, 1, {Next::ready, 2, 1h}},
    {"nor does it forget", TaskEnd::hand_back, 2, 1, {Next::ready, 2, 0s}},
};

TEST(TaskVerdict, follows_the_table)
{
    for (auto const& one : cases) {
        auto const verdict = judge(one.end, limits, one.failures, one.jitter);
        EXPECT_EQ(verdict.next, one.expected.next) << one.name;
        EXPECT_EQ(verdict.failures, one.expected.failures) << one.name;
        EXPECT_EQ(verdict.delay, one.expected.delay) << one.name;
    }
}

TEST(TaskVerdict, what_is_owed_is_never_given_up)
{
    TaskLimits const owed{.attempts_max = never_given_up, .back_off = 1s, .back_off_max = 10min};
    for (auto const end : {TaskEnd::retry, TaskEnd::lost}) {
        EXPECT_EQ(judge(end, owed, 1'000'000'000'000, 0), (TaskVerdict{Next::ready, 1'000'000'000'001, 10min}));
    }
}

TEST(TaskVerdict, a_wait_has_an_end)
{
    TaskLimits const patient{.attempts_max = 1000, .back_off = 10min};
    for (std::int64_t failures : {5, 62, 63, 64, 998}) EXPECT_EQ(judge(TaskEnd::retry, patient, failures, 0).delay, 1h) << failures;
}

} // namespace
} // namespace pollux::tasks
