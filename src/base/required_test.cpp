#include "base/required.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace pollux {
namespace {

TEST(Required, gives_what_is_there)
{
    std::optional<std::string> text("a");
    required(text) += "b";
    EXPECT_EQ(required(std::as_const(text)), "ab");
}

TEST(Required, moves_out_what_it_is_given_to_keep)
{
    std::optional<std::unique_ptr<int>> owner(std::make_unique<int>(7));
    auto const taken = required(std::move(owner));
    EXPECT_EQ(*taken, 7);
    EXPECT_EQ(*owner, nullptr); // It is moved from, as any other member.
}

TEST(Required, throws_where_nothing_is)
{
    std::optional<int> nothing;
    EXPECT_THROW(required(nothing), std::logic_error);
    EXPECT_THROW(required(std::as_const(nothing)), std::logic_error);
    EXPECT_THROW(required(std::optional<int>()), std::logic_error);
}

} // namespace
} // namespace pollux
