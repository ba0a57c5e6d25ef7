#include "net/sse_parser.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace pollux::net {

bool operator==(SseEvent const& left, SseEvent const& right)
{
    return left.type == right.type && left.data == right.data && left.id == right.id;
}
void PrintTo(SseEvent const& event, std::ostream* out)
{
    *out << "{" << event.type << "|" << event.data << "|" << event.id << "}";
}

namespace {

using Events = std::vector<SseEvent>;

struct Case {
    char const* name;
    std::string stream;
    Events events;
    std::string unfinished = {}; // Data of the event that take_unfinished gives; "-" when there is none.
};

std::vector<Case> const cases = {
    {"one line", "data: hi\n\n", {{"", "hi", ""}}, "-"},
    {"crlf", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a", ""}, {"", "b", ""}}, "-"},
    {"cr", "data: a\r\rdata: b\r\r", {{"", "a", ""}, {"", "b", ""}}, "-"},
    {"mixed ends", "data: a\r\ndata: b\n\rdata: c\n\n", {{"", "a\nb", ""}, {"", "c", ""}}, "-"},
    {"bom",
     "\xef\xbb\xbf"
     "data: a\n\n",
     {{"", "a", ""}},
     "-"},
    {"bom only once",
     "\xef\xbb\xbf\xef\xbb\xbf"
     "data: a\n\n",
     {},
     "-"},
    {"comment", ": ping\n\n:\ndata: a\n:x\n\n", {{"", "a", ""}}, "-"},
    {"several data lines", "data: a\ndata:\ndata: b\n\n", {{"", "a\n\nb", ""}}, "-"},
    {"empty data is an event", "data\n\ndata:\n\n", {{"", "", ""}, {"", "", ""}}, "-"},
    {"no data is none", "event: x\nid: 1\n\ndata: a\n\n", {{"", "a", "1"}}, "-"},
    {"type and id", "event: delta\nid: 7\ndata: a\n\ndata: b\n\n", {{"delta", "a", "7"}, {"", "b", "7"}}, "-"},
    {"empty id resets", "id: 7\ndata: a\n\nid\ndata: b\n\n", {{"", "a", "7"}, {"", "b", ""}}, "-"},
    {"id with nul is ignored", std::string("id: 1\nid: a\0b\ndata: x\n\n", 23), {{"", "x", "1"}}, "-"},
    {"only one space is dropped", "data:  a \n\n", {{"", " a ", ""}}, "-"},
    {"colon in value", "data: {\"a\":1}\n\n", {{"", "{\"a\":1}", ""}}, "-"},
    {"unfinished without blank line", "data: a\n\ndata: b\n", {{"", "a", ""}}, "b"},
    {"unfinished without line end", "data: a\n\ndata: b", {{"", "a", ""}}, "b"},
    {"utf-8", "data: 世界😀\n\n", {{"", "世界😀", ""}}, "-"},
};

TEST(SseParser, reads_the_table_whatever_the_cut)
{
    for (auto const& c : cases) {
        for (std::size_t first = 0; first <= c.stream.size(); ++first) {
            for (std::size_t second = first; second <= c.stream.size(); ++second) {
                SseParser parser;
                Events events;
                std::string_view const stream = c.stream;
                EXPECT_TRUE(parser.feed(stream.substr(0, first), events));
                EXPECT_TRUE(parser.feed(stream.substr(first, second - first), events));
                EXPECT_TRUE(parser.feed(stream.substr(second), events));
                auto const rest = parser.take_unfinished();
                ASSERT_EQ(events, c.events) << c.name << " cut at " << first << " and " << second;
                ASSERT_EQ(rest ? rest->data : "-", c.unfinished) << c.name << " cut at " << first << " and " << second;
            }
        }
    }
}

TEST(SseParser, reads_the_table_byte_by_byte)
{
    for (auto const& c : cases) {
        SseParser parser;
        Events events;
        for (char byte : c.stream) EXPECT_TRUE(parser.feed({&byte, 1}, events));
        EXPECT_EQ(events, c.events) << c.name;
    }
}

TEST(SseParser, keeps_stray_lines)
{
    SseParser parser;
    Events events;
    EXPECT_TRUE(parser.feed("data: a\n\n{\n  \"error\": {\"code\": 503}\n}\n", events));
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(parser.stray(), "{\n  \"error\": {\"code\": 503}\n}");
}

TEST(SseParser, reads_retry)
{
    SseParser parser;
    Events events;
    parser.feed("retry: 1500\nretry: 15x\nretry: -3\nretry:\n\n", events);
    EXPECT_EQ(parser.retry_ms(), 1500);
}

TEST(SseParser, refuses_what_is_over_its_limits)
{
    SseParser::Limits const limits{.line_bytes_max = 16, .event_bytes_max = 20, .stray_bytes_max = 16};
    Events events;

    SseParser long_line(limits);
    EXPECT_TRUE(long_line.feed("data: 0123456789\n\n", events));
    EXPECT_TRUE(long_line.feed("data: 0123456789", events));
    EXPECT_FALSE(long_line.feed("A", events));
    EXPECT_FALSE(long_line.feed("\n\ndata: x\n\n", events));
    EXPECT_FALSE(long_line.take_unfinished());
    EXPECT_EQ(events.size(), 1u);

    events.clear();
    SseParser long_event(limits);
    EXPECT_FALSE(long_event.feed("data: 012345678\ndata: 012345678\ndata: x\n\n", events));
    EXPECT_TRUE(events.empty());

    SseParser much_stray(limits);
    EXPECT_TRUE(much_stray.feed("0123456789\nabcdefghij\n", events));
    EXPECT_EQ(much_stray.stray(), "0123456789");
}

} // namespace
} // namespace pollux::net
