#include "cli/chat/waiting_line.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace pollux::cli {
namespace {

class Waiting : public testing::Test {
protected:
    void begin(std::string line)
    {
        waiting_.emplace(io_.get_executor(), [this](std::string const& told) { told_ += told + "\n"; }, std::move(line));
    }

    asio::io_context io_{1};
    std::optional<WaitingLine> waiting_;
    std::string told_;
};

TEST_F(Waiting, is_told_once_after_a_second)
{
    auto const began = std::chrono::steady_clock::now();
    begin("for Godot");
    io_.run(); // Returns when nothing is left to be told.
    EXPECT_EQ(told_, "for Godot\n");
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));

    waiting_->is_now("for Godot");
    io_.restart();
    io_.run();
    EXPECT_EQ(told_, "for Godot\n");
    waiting_->is_now("for Lucky");
    io_.restart();
    io_.run();
    EXPECT_EQ(told_, "for Godot\nfor Lucky\n");
}

TEST_F(Waiting, is_not_told_when_it_is_short)
{
    begin("for Godot");
    waiting_->is_now("for Lucky");
    waiting_.reset();
    io_.run();
    EXPECT_EQ(told_, "");
}

TEST_F(Waiting, tells_what_is_waited_for_now)
{
    begin("for Godot");
    waiting_->is_now("for Lucky");
    io_.run();
    EXPECT_EQ(told_, "for Lucky\n");
}

} // namespace
} // namespace pollux::cli
