#include "chat/queue/job_queue.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

constexpr RoomId a{1};
constexpr RoomId b{2};
constexpr RoomId c{3};

std::vector<std::int64_t> chosen(std::vector<OpenJob> const& jobs, std::int64_t at_once = 2)
{
    std::vector<std::int64_t> ids;
    for (auto id : choose_ready(jobs, at_once)) ids.push_back(id.value);
    return ids;
}

using Ids = std::vector<std::int64_t>;

TEST(JobQueue, lets_the_oldest_of_each_room_step_forward)
{
    EXPECT_EQ(chosen({}), Ids{});
    EXPECT_EQ(chosen({{JobId{1}, a}, {JobId{2}, a}, {JobId{3}, b}, {JobId{4}, c}}), (Ids{1, 3}));
    EXPECT_EQ(chosen({{JobId{1}, a}, {JobId{2}, a}, {JobId{3}, b}, {JobId{4}, c}}, 3), (Ids{1, 3, 4}));
    EXPECT_EQ(chosen({{JobId{1}, a}, {JobId{2}, a}}), Ids{1});
}

TEST(JobQueue, counts_what_is_ready_or_running)
{
    EXPECT_EQ(chosen({{JobId{1}, a, JobState::running}, {JobId{2}, a}, {JobId{3}, b}, {JobId{4}, c}}), Ids{3});
    EXPECT_EQ(chosen({{JobId{1}, a, JobState::running}, {JobId{2}, b, JobState::ready}, {JobId{3}, c}}), Ids{});
    EXPECT_EQ(chosen({{JobId{1}, a, JobState::running}, {JobId{2}, b, JobState::ready}, {JobId{3}, c}}, 1), Ids{});
}

TEST(JobQueue, waits_for_what_was_put_back)
{
    EXPECT_EQ(chosen({{JobId{1}, a, JobState::waiting, false}, {JobId{2}, a}, {JobId{3}, b}}),
              Ids{3}); // Its room waits, its slot does not.
    EXPECT_EQ(chosen({{JobId{1}, a, JobState::waiting, true}, {JobId{2}, a}, {JobId{3}, b}}), (Ids{1, 3}));
}

TEST(JobQueue, names_its_states)
{
    for (auto state : {JobState::waiting, JobState::ready, JobState::running}) EXPECT_EQ(read_job_state(to_text(state)), state);
    EXPECT_THROW(read_job_state("gone"), std::runtime_error);
}

} // namespace
} // namespace pollux::chat
