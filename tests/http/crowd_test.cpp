// What all connections of a server may hold together, and what is judged before a body is read; over real sockets.
#include "base/secrets.hpp"
#include "http/server.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "support/raw_client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace pollux {

namespace asio = boost::asio;

namespace {

using test::RawAnswer;
using test::RawClient;

struct Note {
    Text<1, 200'000> text;
};
POLLUX_DESCRIBE(Note, (text))

struct Seen {
    std::int64_t bytes = 0;
    std::string probe;
    std::string key;
};
POLLUX_DESCRIBE(Seen, (bytes, probe, key))

struct Service {};

std::string header_of(http::Request const& request, std::string_view name)
{
    return std::string(request.header(name).value_or(""));
}

asio::awaitable<Result<Seen>> note(Service&, http::Request const& request, Note body)
{
    co_return Seen{std::int64_t(body.text.value.size()), header_of(request, "X-Probe"), header_of(request, "Idempotency-Key")};
}

asio::awaitable<Result<Seen>> raw(Service&, http::Request const& request, http::RawBody body)
{
    co_return Seen{std::int64_t(body.bytes.size()), std::string(request.query), header_of(request, "Content-Type")};
}

asio::awaitable<Result<http::Response>> large(Service&, http::Request const&)
{
    http::Response response;
    response.body = std::string(64 * 1024 * 1024, 'x'); // More than sockets on loopback take by themselves.
    co_return response;
}

std::atomic<bool> is_over = false; // At the end of a test, for its streams.

// Writes all the time, so that a reader who has gone is noticed.
class Endless final : public http::EventStream {
public:
    asio::awaitable<std::optional<std::string>> next(Steady::time_point) override
    {
        if (is_over) co_return std::nullopt;
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(10));
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return "event: tick\ndata: {}\n\n";
    }
};

asio::awaitable<Result<http::Stream>> endless(Service&, http::Request const&)
{
    co_return http::Stream{std::make_unique<Endless>()};
}

class Crowd : public testing::Test {
protected:
    void start(http::ServerLimits limits = {}, std::optional<limits::RateRule> webhook = {})
    {
        prepare_secrets();
        is_over = false;
        http::RouteOptions open{.id = "note", .access = http::Access::open, .body_bytes_max = 256_KiB};
        router_.post("/note/", note, service_, open);
        router_.post("/mine/", note, service_, {.id = "mine", .access = http::Access::user, .limits = http::RateClass::send});
        router_.post("/raw/", raw, service_, http::raw_route("raw", "", ""));
        router_.get("/large/", large, service_, {.id = "large", .access = http::Access::user});
        router_.get("/large/open/", large, service_, open);
        auto brief = open;
        brief.answers_in_few_words = true;
        router_.post("/brief/", note, service_, brief);
        router_.get("/endless/", endless, service_, open);
        http::ServerOptions options;
        options.allowed_hosts = {"localhost"};
        options.limits = limits;
        options.rate_rules.send.per_user = limits::RateRule{2, std::chrono::seconds(3600)};
        options.rate_rules.webhook.per_address = webhook;
        auto authenticator = [](std::string_view token) -> Result<http::Identity> {
            if (token == "good") return http::Identity{UserId{7}, SessionId{1}};
            if (token == "neighbour") return http::Identity{UserId{8}, SessionId{2}};
            return unauthenticated("token_invalid", "bad");
        };
        server_ = std::make_unique<http::Server>(runtime_, router_, limiter_, authenticator, std::move(options));
        runtime_.start();
        server_->listen();
    }

    void TearDown() override
    {
        // What is still served when a server is destroyed would use it.
        is_over = true;
        server_->stop_accepting();
        EXPECT_TRUE(server_->drain(std::chrono::seconds(10)));
        runtime_.stop();
    }

    RawAnswer ask(std::string const& request) { return RawClient(server_->port()).ask(request); }

    net::Runtime runtime_{1}; // Which thread a connection comes to is the kernel's choice.
    http::Router router_;
    Service service_;
    limits::MemoryRateLimiter limiter_;
    std::unique_ptr<http::Server> server_;
};

std::string const json = "Content-Type: application/json\r\n";

std::string post_head(std::string const& path, std::size_t length, std::string const& more = json)
{
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

std::string post(std::string const& path, std::string const& body, std::string const& more = json)
{
    return post_head(path, body.size(), more) + body;
}

std::string get(std::string const& path, std::string const& more = "")
{
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

TEST_F(Crowd, who_has_waited_longest_makes_room)
{
    start({.connections_max = 4});
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int count = 0; count < 12; ++count) {
        idle.push_back(std::make_unique<RawClient>(server_->port()));
        EXPECT_EQ(idle.back()->ask(post("/note/", R"({"text":"a"})")).status, 200) << count;
    }
    EXPECT_TRUE(idle[0]->is_closed());
    EXPECT_TRUE(idle[5]->is_closed());
    EXPECT_EQ(idle.back()->ask(post("/note/", R"({"text":"a"})")).status, 200);
}

TEST_F(Crowd, heads_that_do_not_end_make_room)
{
    start({.connections_max = 4});
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int count = 0; count < 12; ++count) {
        slow.push_back(std::make_unique<RawClient>(server_->port()));
        slow.back()->send("POST /note/ HTTP/1.1\r\nHost: loc");
    }
    EXPECT_EQ(ask(post("/note/", R"({"text":"a"})")).status, 200);
}

TEST_F(Crowd, who_is_served_stays_and_who_comes_is_told_so)
{
    start({.connections_max = 3});
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int count = 0; count < 3; ++count) {
        readers.push_back(std::make_unique<RawClient>(server_->port()));
        readers.back()->send(get("/endless/"));
        EXPECT_TRUE(readers.back()->read_head().starts_with("HTTP/1.1 200")) << count;
    }
    auto const answer = RawClient(server_->port()).read();
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("too_many_connections"), std::string::npos);
    EXPECT_EQ(answer.header("retry-after"), "1");
    readers.pop_back();
    RawAnswer later;
    while (later.status != 200) later = ask(post("/note/", R"({"text":"a"})")); // Once the server has seen the end of the stream.
}

TEST_F(Crowd, a_token_is_judged_before_the_body_comes)
{
    start();
    for (std::string const& more : {std::string(), std::string("Authorization: Bearer bad\r\n")}) {
        RawClient client(server_->port());
        client.send(post_head("/mine/", 60'000, json + more)); // And nothing of the body.
        auto const answer = client.read();
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.header("connection"), "close");
        EXPECT_TRUE(client.is_closed());
    }
    auto const expecting = ask(post_head("/mine/", 100, json + "Expect: 100-continue\r\n"));
    EXPECT_EQ(expecting.status, 401); // Not 100: nobody is asked for a body that is not wanted.
}

TEST_F(Crowd, rates_are_judged_before_the_body_comes)
{
    start();
    std::string const token = json + "Authorization: Bearer good\r\n";
    for (int count = 0; count < 2; ++count) EXPECT_EQ(ask(post("/mine/", R"({"text":"a"})", token)).status, 200);
    auto const answer = ask(post_head("/mine/", 60'000, token));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(Crowd, slow_bodies_make_room_for_those_that_come)
{
    start({.open_body_bytes_max = 256_KiB});
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int count = 0; count < 12; ++count) {
        slow.push_back(std::make_unique<RawClient>(server_->port()));
        slow.back()->send(post_head("/note/", 200'000) + std::string(100'000, ' '));
    }
    std::string const body = R"({"text":")" + std::string(100'000, 'a') + R"("})";
    EXPECT_EQ(ask(post("/note/", body)).status, 200);
    // Given up for another one, or refused itself when it asked for room that those of the other thread had.
    EXPECT_TRUE(slow[0]->is_closed() || slow[0]->read().status == 503);
}

TEST_F(Crowd, a_body_that_finds_no_memory_is_503)
{
    start({.open_body_bytes_max = 32_KiB});
    std::string const body = R"({"text":")" + std::string(100'000, 'a') + R"("})";
    auto const answer = ask(post("/note/", body));
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("too_many_bodies"), std::string::npos);
    EXPECT_EQ(answer.header("retry-after"), "1");
    EXPECT_EQ(ask(post("/note/", R"({"text":"a"})")).status, 200); // And what it held is free again.
}

TEST_F(Crowd, who_reads_no_answers_gets_no_more_of_them)
{
    start({.waiting_answer_bytes_per_user_max = 1_MiB});
    std::string const good = "Authorization: Bearer good\r\n";
    auto stalled = std::make_unique<RawClient>(server_->port());
    stalled->send(get("/large/", good));
    EXPECT_TRUE(stalled->read_head().starts_with("HTTP/1.1 200"));
    auto const mine = post("/note/", R"({"text":"a"})", json + good);
    RawAnswer answer;
    while (answer.status != 429) answer = ask(mine); // Once the socket is full.
    EXPECT_NE(answer.body.find("answers_unread"), std::string::npos);
    EXPECT_EQ(ask(post("/note/", R"({"text":"a"})", json + "Authorization: Bearer neighbour\r\n")).status, 200);
    stalled.reset();
    while (answer.status != 200) answer = ask(mine);
}

TEST_F(Crowd, who_reads_no_answers_refuses_few_words_to_nobody_behind_the_same_address)
{
    start({.waiting_answer_bytes_per_user_max = 1_MiB});
    auto stalled = std::make_unique<RawClient>(server_->port());
    stalled->send(get("/large/open/"));
    EXPECT_TRUE(stalled->read_head().starts_with("HTTP/1.1 200"));
    RawAnswer answer;
    while (answer.status != 429) answer = ask(post("/note/", R"({"text":"a"})")); // Once the socket is full.
    EXPECT_NE(answer.body.find("answers_unread"), std::string::npos);
    EXPECT_EQ(ask(post("/brief/", R"({"text":"a"})")).status, 200);
    EXPECT_EQ(ask(post("/note/", R"({"text":"a"})")).status, 429) << "it waits still";
}

TEST_F(Crowd, who_shows_a_token_is_counted_there_too)
{
    start({.waiting_answer_bytes_per_user_max = 1_MiB});
    std::string const good = "Authorization: Bearer good\r\n";
    auto stalled = std::make_unique<RawClient>(server_->port());
    stalled->send(get("/large/", good));
    EXPECT_TRUE(stalled->read_head().starts_with("HTTP/1.1 200"));
    RawAnswer answer;
    while (answer.status != 429) answer = ask(post("/brief/", R"({"text":"a"})", json + good));
    EXPECT_NE(answer.body.find("answers_unread"), std::string::npos);
    EXPECT_EQ(ask(post("/brief/", R"({"text":"a"})")).status, 200) << "nor do others there wait for it";
}

TEST_F(Crowd, what_a_trailer_holds_is_no_header)
{
    start();
    auto const answer = ask("POST /note/ HTTP/1.1\r\nHost: localhost\r\n" + json +
                            "X-Probe: head\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"text\":\"a\"}\r\n0\r\nIdempotency-Key: k1\r\n"
                            "X-Probe: trailer\r\nAuthorization: Bearer good\r\nOrigin: http://a\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"bytes":1,"probe":"head","key":""})");
}

TEST_F(Crowd, a_raw_route_takes_whatever_is_posted)
{
    start();
    std::string const bytes = std::string("\x1f\x8b\0\xff{", 5);
    auto const answer = ask(post("/raw/?a=1&a=%zz", bytes, "Content-Type: x/y; charset=utf-16\r\nContent-Encoding: gzip\r\n"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"bytes":5,"probe":"a=1&a=%zz","key":"x/y; charset=utf-16"})");
    EXPECT_EQ(ask(post("/raw/", std::string(1'000'000, 'x'), "")).status, 200);
    EXPECT_EQ(ask(post_head("/raw/", 1'048'577, "")).status, 413);
    EXPECT_EQ(ask(post("/raw/", "", "")).status, 200);
}

TEST_F(Crowd, a_raw_route_has_a_rate_of_its_own)
{
    start({}, limits::RateRule{2, std::chrono::seconds(3600)});
    for (int count = 0; count < 2; ++count) EXPECT_EQ(ask(post("/raw/", "x", "")).status, 200);
    auto const answer = ask(post("/raw/", "x", ""));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("ratelimit-policy"), "\"webhook\";q=2;w=3600");
}

TEST_F(Crowd, empty_lines_before_a_request_are_skipped)
{
    start();
    auto const request = post("/note/", R"({"text":"a"})");
    EXPECT_EQ(ask("\r\n" + request).status, 200);
    EXPECT_EQ(ask("\r\n\r\n" + request).status, 200);
    EXPECT_EQ(ask("\r\n\r\n\r\n" + request).status, 400);
    RawClient client(server_->port());
    EXPECT_EQ(client.ask(request + "\r\n").status, 200); // Such a line ends bodies of some clients.
    client.send("\r");
    EXPECT_EQ(client.ask("\n" + request).status, 200);
}

TEST_F(Crowd, a_request_line_that_has_ended_is_judged_at_once)
{
    start();
    for (std::string const head :
         {"GET / \r\n\r\n", "GET /\r\n\r\n", "GET / \n\n", "GET \r\n\r\n", "GET / HTTP/1\r\n\r\n", "\n\n", "x\r\n"}) {
        auto const began = Steady::now();
        EXPECT_EQ(ask(head).status, 400) << head;
        EXPECT_LT(Steady::now() - began, std::chrono::seconds(8)) << head; // The time-out of a head is 10 s.
    }
}

TEST_F(Crowd, a_query_holds_few_parameters)
{
    start();
    auto query = [](int count) {
        std::string text;
        for (int index = 0; index < count; ++index) text += "a" + std::to_string(index) + "=1&";
        return text;
    };
    EXPECT_EQ(ask(post("/note/?" + query(32), R"({"text":"a"})")).status, 200);
    auto const answer = ask(post("/note/?" + query(33), R"({"text":"a"})"));
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(answer.body.find("too_many_parameters"), std::string::npos);
}

} // namespace
} // namespace pollux
