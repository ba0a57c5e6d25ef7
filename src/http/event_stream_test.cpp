#include "http/event_stream.hpp"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

std::string event(std::string_view data)
{
    std::string out;
    append_event(out, "delta", "1-2", data);
    return out;
}

TEST(EventStream, an_event_is_name_id_and_data)
{
    EXPECT_EQ(event("{}"), "event: delta\nid: 1-2\ndata: {}\n\n");
    std::string out;
    append_event(out, "ready", "", "{}");
    EXPECT_EQ(out, "event: ready\ndata: {}\n\n");
}

TEST(EventStream, no_line_end_of_unicode_stands_in_data)
{
    EXPECT_EQ(event("{\"text\":\"a\u2028b\u2029c\u0085\"}"), "event: delta\nid: 1-2\ndata: {\"text\":\"a\\u2028b\\u2029c\\u0085\"}\n\n");
}

TEST(EventStream, letters_that_begin_with_the_same_bytes_stay)
{
    std::string const json = "{\"text\":\"\u00a0\u00a9\u00bf\u2027\u202a\u20ac\u2122 \u00e9\"}";
    EXPECT_EQ(event(json), "event: delta\nid: 1-2\ndata: " + json + "\n\n");
}

} // namespace
} // namespace pollux::http
