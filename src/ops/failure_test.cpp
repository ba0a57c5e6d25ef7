#include "ops/failure.hpp"

#include "ops/log.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace pollux::ops {
namespace {

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

TEST(Failure, is_nothing_when_a_task_ends_well)
{
    must_not_fail(nullptr);
}

} // namespace
} // namespace pollux::ops
