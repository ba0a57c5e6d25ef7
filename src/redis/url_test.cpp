#include "redis/url.hpp"

#include <gtest/gtest.h>

namespace pollux::redis {
namespace {

TEST(RedisUrl, says_where_and_who)
{
    auto const plain = parse_url("redis://localhost:6380/3");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->transport, Transport::plain);
    EXPECT_EQ(plain->host, "localhost");
    EXPECT_EQ(plain->port, 6380);
    EXPECT_EQ(plain->database, 3);
    EXPECT_EQ(plain->password, "");

    auto const secret = parse_url("rediss://worker:p%40ss%2Fw@[::1]");
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->transport, Transport::tls);
    EXPECT_EQ(secret->host, "::1");
    EXPECT_EQ(secret->port, 6379);
    EXPECT_EQ(secret->user, "worker");
    EXPECT_EQ(secret->password, "p@ss/w");
    EXPECT_EQ(secret->database, 0);

    auto const capitals = parse_url("REDISS://w%C3%B6rker%3A1:%25%20@Redis.example.com/");
    ASSERT_TRUE(capitals);
    EXPECT_EQ(capitals->transport, Transport::tls);
    EXPECT_EQ(capitals->user, "w\xC3\xB6rker:1");
    EXPECT_EQ(capitals->password, "% ");
    EXPECT_EQ(capitals->host, "Redis.example.com");
    EXPECT_EQ(capitals->port, 6379);

    auto const alone = parse_url("redis://:pw@10.0.0.7/");
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->user, "");
    EXPECT_EQ(alone->password, "pw");
    EXPECT_EQ(alone->host, "10.0.0.7");
}

TEST(RedisUrl, says_what_is_wrong_without_repeating_it)
{
    for (std::string_view const text : {"",
                                        "localhost",
                                        "http://:hush@x",
                                        "redis://",
                                        "redis:///0",
                                        "redis://:hush@h:99999",
                                        "redis://h/x",
                                        "redis://:hush@h:0",
                                        "redis://hush@h",
                                        "redis://h/-1",
                                        "redis://h/0/1",
                                        "redis://hush:@h",
                                        "redis://:hu#sh@h",
                                        "redis://:hush%zz@h",
                                        "redis://:hush@[::1",
                                        "redis://:hush@[fe80::1%25eth0]",
                                        "redis://:hush@h\xC3\xB6st",
                                        "redis:h",
                                        "//:hush@h",
                                        "redis://:hush@h:6379x"}) {
        auto const url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().message().find("hush"), std::string::npos);
    }
}

} // namespace
} // namespace pollux::redis
