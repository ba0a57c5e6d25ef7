#include "app/descriptors.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace pollux::app {
namespace {

TEST(Descriptors, the_soft_limit_becomes_the_hard_one)
{
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(before.rlim_max, 256);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    auto const raised = raise_descriptor_limit();
    rlimit after{};
    ::getrlimit(RLIMIT_NOFILE, &after);
    EXPECT_EQ(after.rlim_cur, std::min<rlim_t>(before.rlim_max, 1'048'576));
    EXPECT_EQ(raised, after.rlim_cur);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, clients_leave_what_the_database_and_the_models_need)
{
    config::Config config;
    config.threads = 2;
    auto const embedded = server_limits(config, 1'024);
    EXPECT_LE(embedded.connections_max + config.worker_concurrency + 128, 1'024u);
    EXPECT_GT(embedded.connections_max, 700u);

    config.database = config::DatabaseKind::postgres;
    config.redis_url = config::Secret("redis://x");
    config.database_write_pool = 100;
    EXPECT_LE(server_limits(config, 1'024).connections_max + 100, embedded.connections_max);
}

TEST(Descriptors, a_low_limit_is_halved)
{
    config::Config config;
    config.worker_concurrency = 10'000;
    config.model_concurrency = 10'000;
    EXPECT_EQ(server_limits(config, 256).connections_max, 128u);
}

TEST(Descriptors, a_setting_counts_as_far_as_descriptors_go)
{
    config::Config config;
    EXPECT_EQ(server_limits(config, 1'000'000).connections_max, 50'000u);
    config.connections_max = 200;
    config.connections_per_address_max = 20;
    EXPECT_EQ(server_limits(config, 20'000).connections_max, 200u);
    EXPECT_EQ(server_limits(config, 20'000).connections_per_address_max, 20u);
    config.connections_max = 100'000;
    EXPECT_LT(server_limits(config, 1'024).connections_max, 1'024u);
}

} // namespace
} // namespace pollux::app
