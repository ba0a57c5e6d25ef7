#include "cli/chat/reply_view.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

using Shown = ReplyView::Shown;
using State = ReplyView::State;

TEST(ReplyView, joins_deltas_and_remembers_where_to_go_on)
{
    ReplyView view;
    view.take({"start", R"({"message_id":2,"attempt":1,"model":"demo"})", "1-0"});
    EXPECT_EQ(view.take({"delta", R"({"text":"Hel"})", "1-3"}).text, "Hel");
    view.take({"thought", R"({"text":"hm"})", "1-3-2"});
    EXPECT_EQ(view.last_event_id(), "1-3-2");
    EXPECT_EQ(view.take({"delta", R"({"text":"lo"})", "1-5-2"}).text, "lo");
    view.take({"some_later_event", R"({"x":1})", ""});
    EXPECT_EQ(view.last_event_id(), "1-5-2");
    EXPECT_EQ(view.state(), State::running);
    Shown end = view.take({"done", R"({"message":{"status":"completed","content":"Hello","error":null}})", "1-end"});
    EXPECT_EQ(end.text + end.notice, "");
    EXPECT_EQ(view.state(), State::done);
    EXPECT_EQ(view.text(), "Hello");
    EXPECT_EQ(view.status(), "completed");
}

TEST(ReplyView, says_what_a_reply_waits_for)
{
    ReplyView view;
    EXPECT_EQ(view.take({"waiting", R"({"reason":"queue","retry_at":null})", "0-0"}).notice, "");
    EXPECT_NE(view.take({"waiting", R"({"reason":"model_unavailable","retry_at":null})", "0-0"}).notice.find("does not answer"),
              std::string::npos);
    EXPECT_NE(view.take({"waiting", R"({"reason":"rate_limited","retry_at":null})", "0-0"}).notice.find("too often"), std::string::npos);
    EXPECT_EQ(view.take({"waiting", R"({"reason":"a new one"})", "0-0"}).notice, "");
    EXPECT_EQ(view.state(), State::running);
    EXPECT_EQ(view.last_event_id(), "0-0");
}

TEST(ReplyView, starts_anew_on_restart)
{
    ReplyView view;
    EXPECT_FALSE(view.take({"restart", R"({"attempt":2})", "2-0"}).starts_anew); // Nothing was shown yet.
    view.take({"delta", R"({"text":"half"})", "2-4"});
    EXPECT_TRUE(view.take({"restart", R"({"attempt":3})", "3-0"}).starts_anew);
    EXPECT_EQ(view.last_event_id(), "3-0");
    view.take({"delta", R"({"text":"whole"})", "3-5"});
    EXPECT_EQ(view.text(), "whole");
}

TEST(ReplyView, trusts_the_stored_reply)
{
    ReplyView behind;
    behind.take({"delta", R"({"text":"Hel"})", "1-3"});
    Shown shown = behind.take({"done", R"({"message":{"status":"completed","content":"Hello"}})", "1-end"});
    EXPECT_EQ(shown.text, "lo");
    EXPECT_FALSE(shown.starts_anew);

    ReplyView other;
    other.take({"delta", R"({"text":"Hex"})", "1-3"});
    shown = other.take({"done", R"({"message":{"status":"completed","content":"Hello"}})", "1-end"});
    EXPECT_TRUE(shown.starts_anew);
    EXPECT_EQ(shown.text, "Hello");
    EXPECT_EQ(other.text(), "Hello");
}

TEST(ReplyView, says_how_a_reply_ended)
{
    struct Case {
        std::string_view type;
        std::string data;
        State state;
        std::string_view notice;
    };
    Case const cases[] = {
        {"done", R"({"message":{"status":"stopped","content":""}})", State::done, "Stopped."},
        {"done", R"({"message":{"status":"completed","content":"","finish_reason":"blocked"}})", State::done,
         "The model declined to answer."},
        {"error", R"({"message":{"status":"failed","content":"","error":{"code":"worker_lost","detail":"Try again."}}})", State::failed,
         "Try again."},
        {"error", "{}", State::failed, "The reply failed."},
        {"error", "no json", State::failed, "The reply failed."},
    };
    for (Case const& expected : cases) {
        ReplyView view;
        EXPECT_EQ(view.take({std::string(expected.type), expected.data, "1-end"}).notice, expected.notice);
        EXPECT_EQ(view.state(), expected.state);
    }
}

} // namespace
} // namespace pollux::cli
