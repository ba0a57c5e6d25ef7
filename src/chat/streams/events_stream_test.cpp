#include "chat/streams/events_stream.hpp"

#include "base/secrets.hpp"
#include "bus/memory_notices.hpp"
#include "support/reply_reader.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;

class EventsStreamTest : public testing::Test {
protected:
    EventsStreamTest() { prepare_secrets(); }

    std::unique_ptr<http::EventStream> open(std::optional<std::string> last_event_id = {})
    {
        return make_events_stream(notices, {.user = {3}, .session = {11}, .last_event_id = std::move(last_event_id)});
    }

    std::optional<std::string> next(http::EventStream& stream) { return loop.run(stream.next(Steady::now() + 60s)); }

    // "name data" of each event; the last id is kept.
    std::string outline(std::optional<std::string> const& bytes)
    {
        if (!bytes) return "end";
        std::string line;
        for (auto const& event : test::parse_events(*bytes)) {
            line += (line.empty() ? "" : " ") + event.name + " " + event.data;
            if (!event.id.empty()) last_id = event.id;
        }
        return line;
    }

    test::TestLoop loop;
    bus::MemoryNotices notices;
    std::string last_id;
};

TEST_F(EventsStreamTest, is_ready_at_once_and_resumes)
{
    auto stream = open();
    EXPECT_EQ(outline(next(*stream)), "ready {}");
    notices.publish({3}, "room", R"({"id":1})");
    notices.publish({4}, "room", R"({"id":2})");
    EXPECT_EQ(outline(next(*stream)), R"(room {"id":1})");
    auto seen = last_id;
    notices.publish({3}, "usage", "{}");
    notices.publish({3}, "plan", "{}");
    EXPECT_EQ(outline(next(*open(seen))), "ready {} usage {} plan {}");
    EXPECT_EQ(outline(next(*open(last_id))), "ready {}");
}

TEST_F(EventsStreamTest, a_reader_cut_after_ready_misses_nothing)
{
    outline(next(*open()));
    notices.publish({3}, "room", "{}");
    EXPECT_EQ(outline(next(*open(last_id))), "ready {} room {}");
}

TEST_F(EventsStreamTest, an_unknown_id_is_reset_first)
{
    notices.publish({3}, "room", "{}");
    for (auto const* id : {"junk", "1-2", "deadbeefdead-1"}) {
        auto stream = open(id);
        EXPECT_EQ(outline(next(*stream)), "reset {}") << id;
        EXPECT_EQ(outline(next(*open(last_id))), "ready {}");
    }
}

TEST_F(EventsStreamTest, nothing_new_is_empty_at_the_given_time)
{
    auto stream = open();
    next(*stream);
    EXPECT_EQ(loop.run(stream->next(Steady::now() + 1ms)), "");
}

TEST_F(EventsStreamTest, ends_after_its_time)
{
    auto stream = make_events_stream(notices, {.user = {3}, .session = {11}, .time_max = 0min});
    EXPECT_EQ(next(*stream), std::nullopt);
}

TEST_F(EventsStreamTest, ends_with_its_session)
{
    auto stream = open();
    next(*stream);
    notices.publish({3}, "session_ended", R"({"session":10})");
    EXPECT_EQ(outline(next(*stream)), R"(session_ended {"session":10})");
    notices.publish({3}, "session_ended", R"({"session":11})");
    EXPECT_EQ(outline(next(*stream)), R"(session_ended {"session":11})");
    EXPECT_EQ(outline(next(*stream)), "end");
}

TEST_F(EventsStreamTest, ends_when_the_process_stops)
{
    auto stream = open();
    next(*stream);
    notices.publish({3}, "room", "{}");
    notices.close();
    EXPECT_EQ(outline(next(*stream)), "room {}");
    EXPECT_EQ(outline(next(*stream)), "end");
}

} // namespace
} // namespace pollux::chat
