#include "redis/protocol.hpp"

#include <gtest/gtest.h>

namespace pollux::redis {
namespace {

using namespace std::string_literals;
using Kind = Reply::Kind;

Reply integer(std::int64_t number)
{
    return {.kind = Kind::integer, .integer = number, .text = {}, .list = {}};
}

Reply text(std::string text, Kind kind = Kind::text)
{
    return {.kind = kind, .integer = 0, .text = std::move(text), .list = {}};
}

Reply list(std::vector<Reply> replies)
{
    return {.kind = Kind::list, .integer = 0, .text = {}, .list = std::move(replies)};
}

TEST(RedisProtocol, a_command_is_its_words_with_their_lengths)
{
    EXPECT_EQ(command({"SET", std::string("k\r\n"), std::string_view("\0\xff", 2), "PX", 900'000}),
              "*5\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n\0\xff\r\n$2\r\nPX\r\n$6\r\n900000\r\n"s);
    EXPECT_EQ(command({"GET", ""}), "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    EXPECT_EQ(command({INT64_MIN}), "*1\r\n$20\r\n-9223372036854775808\r\n");
}

// What Redis sends, and what it means; each cut at every byte.
TEST(RedisProtocol, replies_come_out_however_they_are_cut)
{
    std::string const bytes = "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$5\r\na\r\nb\0\r\n*0\r\n-NOSCRIPT No\r\n"s +
                              "*2\r\n$4\r\nfeed\r\n*2\r\n*3\r\n:1\r\n$-1\r\n+s\r\n$0\r\n\r\n:7\r\n"s;
    std::vector<Reply> const expected{
        text("OK", Kind::status),
        integer(-42),
        Reply(),
        Reply(),
        text("a\r\nb\0"s),
        list({}),
        text("NOSCRIPT No", Kind::error),
        list({text("feed"), list({list({integer(1), Reply(), text("s", Kind::status)}), text("")})}),
        integer(7),
    };
    for (std::size_t step : {1, 2, 3, 7, 1000}) {
        for (std::size_t first = 0; first < bytes.size(); ++first) {
            ReplyReader reader;
            std::vector<Reply> found;
            auto const take = [&](std::string_view piece) {
                reader.feed(piece);
                while (auto reply = reader.next()) found.push_back(std::move(*reply));
            };
            take(std::string_view(bytes).substr(0, first));
            for (auto at = first; at < bytes.size(); at += step) take(std::string_view(bytes).substr(at, step));
            ASSERT_EQ(reader.failure(), "");
            ASSERT_EQ(found, expected) << "cut at " << first << " and every " << step;
        }
    }
}

TEST(RedisProtocol, what_is_no_reply_ends_the_reading)
{
    for (std::string_view const bytes : {"HTTP/1.1 400\r\n", "*1000000\r\n", "*-2\r\n", "$x\r\n"}) {
        ReplyReader reader;
        reader.feed(bytes);
        EXPECT_FALSE(reader.next()) << bytes;
        if (reader.failure().empty()) continue; // Some nonsense hiredis reads as nothing at all; it then waits for more.
        reader.feed("+OK\r\n");
        EXPECT_FALSE(reader.next()) << bytes;
    }
    ReplyReader reader;
    reader.feed("HTTP/1.1 400\r\n");
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.failure(), "what came is no Redis reply");
}

TEST(RedisProtocol, a_reply_is_bounded)
{
    ReplyReader reader(100);
    for (int round = 0; round < 50; ++round) { // Many small ones are no large one.
        reader.feed("$10\r\n0123456789\r\n");
        EXPECT_TRUE(reader.next());
    }
    reader.feed("*2\r\n$90\r\n" + std::string(90, 'x') + "\r\n");
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.failure(), "a reply was too large");
}

} // namespace
} // namespace pollux::redis
