#include "chat/streams/reply_stream_state.hpp"

#include "base/literals.hpp"
#include "support/reply_reader.hpp"

#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

using State = FeedNews::State;
using test::parse_events;
using test::ReplyReader;

Message finished_reply(std::int64_t attempt, std::string text, std::string thoughts = {})
{
    Message message;
    message.id = {42};
    message.chatroom = {7};
    message.role = MessageRole::assistant;
    message.content = std::move(text);
    message.thoughts = std::move(thoughts);
    message.model = "demo";
    message.attempt = attempt;
    return message;
}

FeedNews news(std::int64_t attempt, std::string text, std::string thoughts = {})
{
    FeedNews news;
    news.state = State::streaming;
    news.attempt = attempt;
    news.model = "demo";
    news.text = std::move(text);
    news.thoughts = std::move(thoughts);
    return news;
}

// "name id" of each event, with a space between.
std::string outline(std::string const& bytes)
{
    std::string line;
    for (auto const& event : parse_events(bytes)) line += (line.empty() ? "" : " ") + event.name + " " + event.id;
    return line;
}

TEST(EventIds, are_read_back)
{
    for (auto const* text : {"0-0", "1-0", "1-12", "3-12-5", "1-0-7", "2-end", "9223372036854775807-1"}) {
        auto id = parse_event_id(text);
        ASSERT_TRUE(id) << text;
        EXPECT_EQ(to_string(*id), text);
    }
}

TEST(EventIds, junk_is_malformed)
{
    for (auto const* text : {"",
                             "-",
                             "--",
                             "---",
                             "1",
                             "1-",
                             "-1",
                             "1--",
                             "1-2-",
                             "1-2-3-4",
                             "1-2-3-",
                             "a-1",
                             "1-a",
                             "1-2-a",
                             "1-end-",
                             "end",
                             "-end",
                             "1-End",
                             "1-end-2",
                             "2-3-end",
                             "+1-2",
                             "1-+2",
                             " 1-2",
                             "1-2 ",
                             "01-2",
                             "1-02",
                             "1-2-00",
                             "1.0-2",
                             "1-0x2",
                             "1-9223372036854775808",
                             "99999999999999999999-1",
                             "1\xc2\xa0-2",
                             "1_2"}) {
        auto id = parse_event_id(text);
        ASSERT_FALSE(id) << text;
        EXPECT_EQ(id.error().kind(), ErrorKind::malformed);
        EXPECT_EQ(id.error().code(), "bad_event_id");
    }
    EXPECT_FALSE(parse_event_id(std::string_view("1-2\0", 4)));
}

TEST(EventIds, inside_a_character_never_stood_anywhere)
{
    auto const reply = finished_reply(2, "aé😀", "ü");
    struct Case {
        char const* id;
        bool is_possible;
    };
    for (auto [id, is_possible] : {Case{"2-0", true},
                                   {"2-1", true},
                                   {"2-2", false},
                                   {"2-3", true},
                                   {"2-4", false},
                                   {"2-5", false},
                                   {"2-6", false},
                                   {"2-7", true},
                                   {"2-8", true},
                                   {"2-999", true},
                                   {"2-0-1", false},
                                   {"2-0-2", true},
                                   {"1-2", true},
                                   {"2-end", true}}) {
        EXPECT_EQ(stands_between_characters(*parse_event_id(id), reply), is_possible) << id;
    }
    EXPECT_FALSE(stands_between_characters(*parse_event_id("2-2"), news(2, "\xa9😀")));
    EXPECT_FALSE(stands_between_characters(*parse_event_id("2-0-1"), news(2, "", "\xbc")));
    EXPECT_TRUE(stands_between_characters(*parse_event_id("1-2"), news(2, "aé")));
}

TEST(ReplyStreamState, a_finished_reply_is_start_delta_done)
{
    ReplyStreamState state({42}, std::nullopt);
    auto bytes = state.take(finished_reply(3, "Hello, \"you\""));
    auto events = parse_events(bytes);
    ASSERT_EQ(outline(bytes), "start 3-0 delta 3-12 done 3-end");
    EXPECT_EQ(events[0].data, R"({"message_id":42,"attempt":3,"model":"demo"})");
    EXPECT_EQ(events[1].data, R"({"text":"Hello, \"you\""})");
    EXPECT_TRUE(events[2].data.starts_with(R"({"message":{"id":42,"chatroom":7,"role":"assistant","status":"completed",)"));
    EXPECT_TRUE(state.is_over());
}

TEST(ReplyStreamState, without_text_there_is_no_delta)
{
    ReplyStreamState state({42}, std::nullopt);
    EXPECT_EQ(outline(state.take(finished_reply(0, ""))), "start 0-0 done 0-end");
}

TEST(ReplyStreamState, each_status_has_its_end)
{
    struct Case {
        MessageStatus status;
        char const* name;
    };
    for (auto [status, name] :
         {Case{MessageStatus::completed, "done"}, {MessageStatus::stopped, "done"}, {MessageStatus::failed, "error"}}) {
        auto reply = finished_reply(1, "x");
        reply.status = status;
        if (status == MessageStatus::failed) reply.error = MessageError{"upstream_failed", "The model could not be reached."};
        ReplyStreamState state({42}, std::nullopt);
        auto end = parse_events(state.take(reply)).back();
        EXPECT_EQ(end.name, name);
        EXPECT_EQ(end.data.ends_with(R"(,"error":{"code":"upstream_failed","detail":"The model could not be reached."}})"),
                  status == MessageStatus::failed);
    }
}

TEST(ReplyStreamState, resumes_where_the_reader_stopped)
{
    struct Case {
        char const* id;
        char const* expected;
    };
    auto const reply = finished_reply(2, "abcé", "th");
    for (auto [id, expected] : {
             Case{"2-0", "thought 2-0-2 delta 2-5-2 done 2-end"},
             {"2-3", "thought 2-3-2 delta 2-5-2 done 2-end"},
             {"2-3-2", "delta 2-5-2 done 2-end"},
             {"2-5-2", "done 2-end"},
             {"1-3", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"},
             {"0-0", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"},
             {"2-6", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"},   // Past the text.
             {"2-5-3", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"}, // Past the thoughts.
             {"3-1", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"},   // An attempt that is not known (a restored backup).
             {"1-end", "restart 2-0 thought 2-0-2 delta 2-5-2 done 2-end"},
         }) {
        ReplyStreamState state({42}, *parse_event_id(id));
        EXPECT_EQ(outline(state.take(reply)), expected) << id;
    }
}

TEST(ReplyStreamState, follows_the_feed)
{
    ReplyStreamState state({42}, std::nullopt);
    EXPECT_EQ(state.take(FeedNews{}), ""); // Queued.
    EXPECT_EQ(outline(state.take(news(1, ""))), "start 1-0");
    EXPECT_EQ(outline(state.take(news(1, "abc"))), "delta 1-3");
    EXPECT_EQ(outline(state.take(news(1, "é", "hm"))), "thought 1-3-2 delta 1-5-2");
    auto cited = news(1, "");
    cited.citations_json = R"([{"url":"https://example.com","title":"t","start":0,"end":3}])";
    cited.position.citations_version = 1;
    auto bytes = state.take(cited);
    EXPECT_EQ(outline(bytes), "citations 1-5-2");
    EXPECT_EQ(parse_events(bytes)[0].data, R"({"citations":[{"url":"https://example.com","title":"t","start":0,"end":3}]})");
    EXPECT_EQ(state.position().attempt, 1);
    EXPECT_EQ(state.position().text_bytes, 5u);
    EXPECT_EQ(state.position().thought_bytes, 2u);
    EXPECT_EQ(state.position().citations_version, 1u);
    bytes = state.take(news(2, "xy"));
    EXPECT_EQ(outline(bytes), "restart 2-0 delta 2-2");
    EXPECT_EQ(parse_events(bytes)[0].data, R"({"attempt":2,"model":"demo"})");
    EXPECT_EQ(state.take(news(1, "late")), "");
    EXPECT_EQ(outline(state.take(finished_reply(2, "xyz"))), "delta 2-3 done 2-end");
}

TEST(ReplyStreamState, an_id_past_the_text_waits_and_restarts_when_the_text_does_not_fit)
{
    ReplyStreamState state({42}, *parse_event_id("1-4"));
    EXPECT_EQ(outline(state.take(news(1, "\xa9z"))), "restart 1-0"); // "abcéz" from 4 on: inside the é.
    EXPECT_EQ(state.position().text_bytes, 0u);
    EXPECT_EQ(outline(state.take(news(1, "abcéz"))), "delta 1-6");
}

TEST(ReplyStreamState, large_text_is_cut_between_characters)
{
    std::string text = "a"; // Then three-byte characters: no border falls on 64 KiB.
    while (text.size() < 200'000) text += "世";
    ReplyStreamState state({42}, std::nullopt);
    ReplyReader reader;
    auto const reply = finished_reply(1, text);
    std::size_t calls = 0;
    while (!state.is_over()) {
        auto bytes = state.take(reply);
        EXPECT_LE(bytes.size(), bytes.find("event: done") == std::string::npos ? 66_KiB : 66_KiB + 200'500);
        for (auto const& event : parse_events(bytes)) EXPECT_LE(event.name == "delta" ? event.data.size() : 0, 64_KiB + 20);
        reader.take_all(bytes);
        ++calls;
    }
    EXPECT_GE(calls, 3u);
    EXPECT_EQ(reader.text, text);
    EXPECT_EQ(reader.breaches, "");
}

TEST(ReplyStreamState, a_deleted_room_ends_the_stream)
{
    ReplyStreamState state({42}, *parse_event_id("2-3"));
    auto bytes = state.take_deleted();
    EXPECT_EQ(outline(bytes), "error 2-end");
    EXPECT_TRUE(parse_events(bytes)[0].data.starts_with(R"({"error":{"code":"room_deleted",)"));
    EXPECT_TRUE(state.is_over());
}

} // namespace
} // namespace pollux::chat
