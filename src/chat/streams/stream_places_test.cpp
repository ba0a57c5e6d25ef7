#include "chat/streams/stream_places.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::chat {
namespace {

TEST(StreamPlaces, the_oldest_of_a_user_makes_room)
{
    StreamPlaces places(3);
    std::vector<std::shared_ptr<StreamPlaces::Place const>> open;
    for (int number = 0; number < 5; ++number) open.push_back(places.enter(UserId{1}));
    std::vector<bool> taken;
    for (auto const& place : open) taken.push_back(place->is_taken());
    EXPECT_EQ(taken, (std::vector<bool>{true, true, false, false, false}));
}

TEST(StreamPlaces, who_leaves_makes_room_and_others_are_not_concerned)
{
    StreamPlaces places(2);
    auto first = places.enter(UserId{1});
    auto const second = places.enter(UserId{1});
    auto const stranger = places.enter(UserId{2});
    first.reset();
    auto const third = places.enter(UserId{1});
    EXPECT_FALSE(second->is_taken());
    EXPECT_FALSE(stranger->is_taken());
    auto const fourth = places.enter(UserId{1});
    EXPECT_TRUE(second->is_taken());
    EXPECT_FALSE(third->is_taken());
    EXPECT_FALSE(stranger->is_taken());
}

} // namespace
} // namespace pollux::chat
