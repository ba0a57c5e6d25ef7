// LISTEN and NOTIFY through the driver.
#include "postgres_fixture.hpp"

#include <condition_variable>
#include <mutex>

namespace pollux::test {
namespace {

class Listening : public PostgresTest {
protected:
    // What the database's thread was told, and a wait for more of it.
    struct Heard {
        std::mutex mutex;
        std::condition_variable more;
        std::vector<std::string> payloads;
        int times_listening = 0;
    };

    db::Listener listener()
    {
        auto change = [this](auto what) {
            std::lock_guard const lock(heard.mutex);
            what();
            heard.more.notify_all();
        };
        return {.on_payload = [this, change](std::string_view payload) { change([&] { heard.payloads.emplace_back(payload); }); },
                .on_listening = [this, change] { change([&] { ++heard.times_listening; }); }};
    }

    template <class Condition>
    bool comes_true(Condition condition)
    {
        std::unique_lock lock(heard.mutex);
        return heard.more.wait_for(lock, patience, condition);
    }

    ~Listening() override { database.close(); } // Before `heard` is gone.

    Heard heard;
};

TEST_F(Listening, hears_what_any_process_notifies_on_its_channel_in_order)
{
    database.listen("news", listener());
    ASSERT_TRUE(comes_true([&] { return heard.times_listening == 1; }));
    control.run("notify other, 'not for us'");
    control.run("notify news, 'one'");
    loop.run(db::notify(database, "news", {"two", "\"three\"\n", "two"}));
    control.run("notify news, 'four'");
    ASSERT_TRUE(comes_true([&] { return heard.payloads.size() == 4; }));
    EXPECT_EQ(heard.payloads, (std::vector<std::string>{"one", "two", "\"three\"\n", "four"}));
}

TEST_F(Listening, listens_again_after_its_connection_broke_and_says_so)
{
    database.listen("news", listener());
    ASSERT_TRUE(comes_true([&] { return heard.times_listening == 1; }));
    control.run("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid()");
    ASSERT_TRUE(comes_true([&] { return heard.times_listening == 2; }));
    control.run("notify news, 'after'");
    ASSERT_TRUE(comes_true([&] { return heard.payloads.size() == 1; }));
}

} // namespace
} // namespace pollux::test
