#include "base/uri.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(Uri, has_a_scheme_and_only_letters_of_urls)
{
    for (auto const* text : {"http://x", "HTTP://X:80/a%20b?c#d", "app+1.x://[::1]:0/", "redis://u:p%40@h", "mailto:a@b", "a:"}) {
        EXPECT_TRUE(parse_uri(text)) << text;
    }
    for (auto const* text :
         {"", "x", "//x", "/x", "1a://x", "http://x y", "http://x/%zz", "http://h\xC3\xB6st", "http://[::1", "http://x:y"}) {
        EXPECT_FALSE(parse_uri(text)) << text;
    }
}

TEST(Uri, has_a_slash_between_a_port_and_a_path)
{
    for (auto const* text : {"http://x:80y", "http://x:8o/y", "http://[::1]y", "http://[::1]:8y", "redis://h:6379db"}) {
        EXPECT_FALSE(parse_uri(text)) << text;
    }
}

TEST(Uri, is_of_the_web_in_whatever_letters)
{
    EXPECT_TRUE(is_web(*parse_uri("https://x")));
    EXPECT_TRUE(is_web(*parse_uri("HtTp://x")));
    EXPECT_FALSE(is_web(*parse_uri("ws://x")));
    EXPECT_FALSE(is_web(*parse_uri("httpx://x")));
}

TEST(Uri, tell_which_hosts_are_meant)
{
    EXPECT_TRUE(is_among_hosts("chat.example.com", {"localhost", "chat.example.com"}));
    EXPECT_FALSE(is_among_hosts("chat.example.com", {"localhost", "example.com"}));
    EXPECT_TRUE(is_among_hosts("chat.example.com", {".example.com"}));
    EXPECT_TRUE(is_among_hosts("example.com", {".example.com"}));
    EXPECT_FALSE(is_among_hosts("chatexample.com", {".example.com"}));
    EXPECT_TRUE(is_among_hosts("[::1]", {"[::1]"}));
    EXPECT_TRUE(is_among_hosts("anything", {"*"}));
    EXPECT_FALSE(is_among_hosts("anything", {}));
}

} // namespace
} // namespace pollux
