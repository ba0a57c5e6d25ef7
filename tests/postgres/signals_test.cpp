// Signals between two processes that share a PostgreSQL.
#include "app/postgres_signals.hpp"

#include "base/secrets.hpp"
#include "support/postgres_cluster.hpp"
#include "support/running_runtime.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

class Node {
public:
    explicit Node(std::string const& url) : database({.url = url}), signals(database, loop.runtime)
    {
        subscription = signals.subscribe("news", [this](std::optional<std::string_view> payload) {
            std::lock_guard lock(mutex);
            heard_.push_back(payload ? std::string(*payload) : "(look again)");
        });
        signals.start();
    }
    ~Node()
    {
        signals.stop();
        database.close();
        loop.runtime.stop();
    }
    std::vector<std::string> heard()
    {
        std::lock_guard lock(mutex);
        return heard_;
    }
    bool hears(std::vector<std::string> const& expected)
    {
        return comes_true([&] { return heard() == expected; });
    }

    RunningRuntime loop;
    db::PostgresDatabase database;
    app::PostgresSignals signals;
    std::mutex mutex;
    std::vector<std::string> heard_;
    std::unique_ptr<bus::Signals::Subscription> subscription; // Dies first: it fills what stands above.
};

class PostgresSignalsTest : public testing::Test {
protected:
    static void SetUpTestSuite() { prepare_secrets(); }
    void SetUp() override
    {
        ASSERT_TRUE(a.hears({"(look again)"}));
        ASSERT_TRUE(b.hears({"(look again)"}));
    }

    PostgresTestDatabase place{PostgresCluster::shared()};
    PostgresControl control{place.url()};
    Node a{place.url()};
    Node b{place.url()};
};

TEST_F(PostgresSignalsTest, are_heard_at_home_at_once_and_elsewhere_in_their_order)
{
    std::string const longest(bus::signal_bytes_max, 'x');
    a.signals.publish("news", "one");
    EXPECT_EQ(a.heard().size(), 2u);
    a.signals.publish("other", "not for us");
    a.signals.publish("news", longest);
    a.signals.publish("news", longest + "x");
    a.signals.publish("news", "two\nlines \"€\"");
    std::vector<std::string> const all{"(look again)", "one", longest, "two\nlines \"€\""};
    EXPECT_TRUE(b.hears(all));
    EXPECT_EQ(a.heard(), all) << "and not a second time";
}

TEST_F(PostgresSignalsTest, a_storm_of_them_arrives)
{
    std::vector<std::string> all{"(look again)"};
    for (int number = 0; number < 3'000; ++number) {
        all.push_back(std::to_string(number));
        a.signals.publish("news", all.back());
    }
    EXPECT_TRUE(b.hears(all));
}

TEST_F(PostgresSignalsTest, whoever_may_have_missed_some_is_told_to_look_again)
{
    control.run("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid()");
    ASSERT_TRUE(a.hears({"(look again)", "(look again)"}));
    ASSERT_TRUE(b.hears({"(look again)", "(look again)"}));
    a.signals.publish("news", "after");
    EXPECT_TRUE(b.hears({"(look again)", "(look again)", "after"}));
}

TEST_F(PostgresSignalsTest, what_was_published_before_a_stop_goes_out)
{
    a.signals.publish("news", "last words");
    a.signals.stop();
    EXPECT_TRUE(b.hears({"(look again)", "last words"}));
}

} // namespace
} // namespace pollux::test
