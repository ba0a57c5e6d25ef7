#include "cli/running_server.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

// Port 1 needs a right to listen on, and has no service that anybody runs.
constexpr std::uint16_t deserted = 1;

TEST(Healthcheck, of_nobody_fails)
{
    config::Config config;
    config.listen = {"127.0.0.1", deserted};
    config.worker_metrics_listen = config::Endpoint{"127.0.0.1", deserted};
    EXPECT_EQ(ask_readiness(config.listen).kind, Readiness::Kind::nobody);
    EXPECT_EQ(healthcheck(config, Looked::whoever_runs), 1);
    EXPECT_EQ(healthcheck(config, Looked::server), 1);
    EXPECT_EQ(healthcheck(config, Looked::worker), 1);
    config.worker_metrics_listen.reset();
    EXPECT_EQ(healthcheck(config, Looked::worker), 1);
    EXPECT_FALSE(examine_running_server(config));
}

TEST(Healthcheck, needs_a_port_that_is_known)
{
    EXPECT_NE(ask_readiness({"127.0.0.1", 0}).says.find("set LISTEN"), std::string::npos);
}

TEST(DoctorProxies, are_named_where_the_server_has_seen_one)
{
    EXPECT_FALSE(describe_proxies(R"({"status":"ok","database":"ok","redis":"not set","workers":"ok"})"));
    auto const found = describe_proxies(R"({"status":"ok","database":"ok","redis":"not set","workers":"ok","proxies":"not trusted"})");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->health, Health::note);
    EXPECT_NE(found->mend.find("TRUSTED_PROXIES"), std::string::npos);
}

} // namespace
} // namespace pollux::cli
