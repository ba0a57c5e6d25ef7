#include "ops/failure.hpp"

#include "ops/log.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace pollux::ops {
namespace {

namespace asio = boost::asio;

void fail_in_a_task()
{
    configure_log(Level::info, LogFormat::json);
    log_before_terminate();
    must_not_fail(std::make_exception_ptr(std::runtime_error("the feed is torn")));
}

TEST(Failure, is_in_the_log_before_the_process_ends)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(fail_in_a_task(), ::testing::KilledBySignal(SIGABRT), "process_failed.*the feed is torn");
}

asio::awaitable<void> lose_the_pulse()
{
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    throw std::runtime_error("the pulse is lost");
}

void fail_in_a_coroutine_that_nobody_awaits()
{
    configure_log(Level::info, LogFormat::json);
    log_before_terminate();
    asio::io_context io;
    asio::co_spawn(io, lose_the_pulse(), must_not_fail);
    io.run();
}

TEST(Failure, of_a_coroutine_that_nobody_awaits_ends_there_too)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(fail_in_a_coroutine_that_nobody_awaits(), ::testing::KilledBySignal(SIGABRT), "process_failed.*the pulse is lost");
}

TEST(Failure, is_nothing_when_a_task_ends_well)
{
    must_not_fail(nullptr);
}

} // namespace
} // namespace pollux::ops
