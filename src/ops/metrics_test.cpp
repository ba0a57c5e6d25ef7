#include "ops/metrics.hpp"

#include <gtest/gtest.h>

namespace pollux::ops {
namespace {

using namespace std::chrono_literals;

bool shows(std::string const& line)
{
    return ("\n" + metrics_text()).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, a_counter_is_one_for_a_name_and_its_labels)
{
    Counter const first("pollux_test_things_total", "Things.", {{"kind", "a"}});
    Counter const same("pollux_test_things_total", "Things.", {{"kind", "a"}});
    Counter const other("pollux_test_things_total", "Things.", {{"kind", "b"}});
    first.add();
    same.add(2);
    other.add();
    EXPECT_TRUE(shows("# TYPE pollux_test_things_total counter"));
    EXPECT_TRUE(shows("pollux_test_things_total{kind=\"a\"} 3")) << metrics_text();
    EXPECT_TRUE(shows("pollux_test_things_total{kind=\"b\"} 1"));
}

TEST(Metrics, a_timing_is_in_seconds)
{
    Timing const timing("pollux_test_work_seconds", "Work.");
    timing.observe(20ms);
    timing.observe(40s);
    EXPECT_TRUE(shows("pollux_test_work_seconds_bucket{le=\"0.01\"} 0")) << metrics_text();
    EXPECT_TRUE(shows("pollux_test_work_seconds_bucket{le=\"0.025\"} 1"));
    EXPECT_TRUE(shows("pollux_test_work_seconds_count 2"));
}

TEST(Metrics, a_gauge_is_asked_when_somebody_looks_and_goes_with_its_object)
{
    double value = 1;
    {
        Gauge const gauge("pollux_test_open", "Open.", [&value] { return value; }, {{"of", "x"}});
        value = 7;
        EXPECT_TRUE(shows("pollux_test_open{of=\"x\"} 7")) << metrics_text();
    }
    EXPECT_EQ(metrics_text().find("pollux_test_open"), std::string::npos);
}

} // namespace
} // namespace pollux::ops
