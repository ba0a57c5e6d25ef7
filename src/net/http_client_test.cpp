#include "net/http_client.hpp"

#include "net/test_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace pollux::net {
namespace {

using namespace std::chrono_literals;

// Runs `body` with a server. Where the server closes its connections the loop must run out by itself: an idle client holds nothing.
void run(TestServer::Script script, std::function<asio::awaitable<void>(TestServer&)> body)
{
    asio::io_context io;
    bool const runs_out = script.after == TestServer::After::close;
    TestServer server(io, std::move(script));
    std::exception_ptr failure;
    asio::co_spawn(io, body(server), [&](std::exception_ptr thrown) {
        failure = thrown;
        server.stop();
        if (!runs_out) io.stop();
    });
    io.run_for(30s);
    EXPECT_TRUE(io.stopped()) << "something still waits";
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> expect_answer(TestServer& server, HttpRequest request, HttpAnswer expected)
{
    if (request.url.empty()) request.url = server.url();
    auto const answer = co_await fetch(std::move(request));
    EXPECT_EQ(answer.head.status, expected.head.status);
    EXPECT_EQ(answer.body, expected.body);
    EXPECT_EQ(answer.result.failure, expected.result.failure) << answer.result.detail;
    for (auto const& header : expected.head.headers) EXPECT_EQ(answer.head.header(header.name), header.value);
}

struct Case {
    char const* name;
    TestServer::Script script;
    HttpRequest request;
    HttpAnswer expected;
};

TEST(HttpClient, reads_the_table)
{
    HttpRequest hasty;
    hasty.silence_max = 50ms;
    HttpRequest patient; // Until the head is there, however busy the machine is.
    patient.silence_max = 2s;
    HttpRequest hasty_alone = hasty;
    hasty_alone.connection = HttpConnection::own;
    HttpRequest late;
    late.deadline = Steady::now();
    HttpRequest small;
    small.body_bytes_max = 4;
    HttpRequest file;
    file.url = "file:///etc/passwd";
    HttpRequest no_url;
    no_url.url = "http://";
    HttpRequest user;
    user.url = "http://a:b@127.0.0.1/";
    HttpRequest key_in_clear;
    key_in_clear.url = "http://gemini.example/";
    key_in_clear.secret_headers = {{"x-goog-api-key", "secret"}};
    HttpRequest fake_loopback = key_in_clear;
    fake_loopback.url = "http://127.0.0.1.example/";
    HttpRequest split_header;
    split_header.headers = {{"x-a", "b\r\nx-c: d"}};
    HttpRequest nobody;
    nobody.url = "http://127.0.0.1:1/";

    std::vector<Case> const cases = {
        {"length", {{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n", "he", "llo"}}, {}, {{200, {{"x-a", "b"}}}, "hello", {}}},
        {"until close", {{"HTTP/1.1 429 Too Many\r\nRetry-After:  7 \r\n\r\nslow"}}, {}, {{429, {{"retry-after", "7"}}}, "slow", {}}},
        {"chunked",
         {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r", "\nab\r\n1\r\nc\r\n0\r\n\r\n"}},
         {},
         {{200, {}}, "abc", {}}},
        {"interim", {{"HTTP/1.1 103 Early\r\nX-A: no\r\n\r\nHTTP/1.1 204 None\r\n\r\n"}}, {}, {{204, {}}, "", {}}},
        {"redirect is an answer",
         {{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}},
         {},
         {{302, {}}, "", {}}},
        {"cut body", {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"}}, {}, {{200, {}}, "hello", {HttpFailure::cut, ""}}},
        {"cut chunk", {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"}}, {}, {{200, {}}, "abc", {HttpFailure::cut, ""}}},
        {"no head", {{"HTTP/1.1 200 OK\r\nContent-Le"}}, {}, {{0, {}}, "", {HttpFailure::cut, ""}}},
        {"nothing", {{}}, {}, {{0, {}}, "", {HttpFailure::cut, ""}}},
        {"no http", {{"SSH-2.0-x\r\n"}}, {}, {{0, {}}, "", {HttpFailure::cut, ""}}},
        {"silent before the head", {{}, TestServer::After::keep_open}, hasty, {{0, {}}, "", {HttpFailure::timed_out, ""}}},
        {"silent on a connection of its own", {{}, TestServer::After::keep_open}, hasty_alone, {{0, {}}, "", {HttpFailure::timed_out, ""}}},
        {"silent in the body",
         {{"HTTP/1.1 200 OK\r\n\r\nab"}, TestServer::After::keep_open},
         patient,
         {{200, {}}, "ab", {HttpFailure::timed_out, ""}}},
        {"deadline", {{}, TestServer::After::keep_open}, late, {{0, {}}, "", {HttpFailure::timed_out, ""}}},
        {"fits", {{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"}}, small, {{200, {}}, "abcd", {}}},
        {"too large", {{"HTTP/1.1 200 OK\r\n\r\nabcde"}}, small, {{200, {}}, "", {HttpFailure::too_large, ""}}},
        {"head too large",
         {{"HTTP/1.1 200 OK\r\nX-A: " + std::string(70'000, 'x') + "\r\n\r\n"}},
         {},
         {{0, {}}, "", {HttpFailure::too_large, ""}}},
        {"file", {}, file, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"no url", {}, no_url, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"user in url", {}, user, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"key in clear", {}, key_in_clear, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"key to a false loopback", {}, fake_loopback, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"split header", {}, split_header, {{0, {}}, "", {HttpFailure::refused, ""}}},
        {"nobody listens", {}, nobody, {{0, {}}, "", {HttpFailure::unreachable, ""}}},
    };
    for (auto const& c : cases) {
        SCOPED_TRACE(c.name);
        run(c.script, [&c](TestServer& server) { return expect_answer(server, c.request, c.expected); });
    }
}

// Listens, and has no room for another connection: the kernel drops whatever comes, as a network may.
class FullPort {
public:
    explicit FullPort(asio::io_context& io) : acceptor_(io, asio::ip::tcp::v4())
    {
        acceptor_.bind({asio::ip::address_v4::loopback(), 0});
        acceptor_.listen(0);
        for (int count = 0; count < 4; ++count) {
            auto& socket = waiting_.emplace_back(io);
            socket.async_connect(acceptor_.local_endpoint(), [](boost::system::error_code) {});
        }
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/"; }

private:
    asio::ip::tcp::acceptor acceptor_;
    std::deque<asio::ip::tcp::socket> waiting_;
};

asio::awaitable<void> expect_never_connected(TestServer&)
{
    auto& io = static_cast<asio::io_context&>(asio::query(co_await asio::this_coro::executor, asio::execution::context));
    FullPort const port(io);
    for (auto const connection : {HttpConnection::own, HttpConnection::shared}) {
        HttpRequest request;
        request.url = port.url();
        request.connection = connection;
        request.connect_time_max = 200ms;
        auto const by_curl = co_await fetch(request);
        request.connect_time_max = 10s;
        request.deadline = Steady::now() + 200ms;
        auto const by_us = co_await fetch(std::move(request));
        auto const expected = connection == HttpConnection::own ? HttpFailure::unreachable : HttpFailure::timed_out;
        EXPECT_EQ(by_curl.result.failure, expected) << by_curl.result.detail;
        EXPECT_EQ(by_us.result.failure, expected) << by_us.result.detail;
    }
}

// What certainly was not posted may be posted again.
TEST(HttpClient, tells_who_was_never_connected)
{
    run({{}}, expect_never_connected);
}

asio::awaitable<void> expect_sent(TestServer& server)
{
    HttpRequest request;
    request.method = "POST";
    request.url = server.url("/a?b=c");
    request.headers = {{"content-type", "application/json"}};
    request.secret_headers = {{"x-goog-api-key", "secret"}};
    request.body = "{}";
    auto const answer = co_await fetch(std::move(request));
    EXPECT_EQ(answer.head.status, 204);
    EXPECT_TRUE(server.request().starts_with("POST /a?b=c HTTP/1.1\r\n"));
    EXPECT_NE(server.request().find("x-goog-api-key: secret\r\n"), std::string::npos);
    EXPECT_NE(server.request().find("Content-Length: 2\r\n"), std::string::npos);
    EXPECT_EQ(server.request().find("Expect"), std::string::npos);
    EXPECT_EQ(server.request().find("Accept-Encoding"), std::string::npos);
}

TEST(HttpClient, sends_keys_to_this_machine)
{
    run({{"HTTP/1.1 204 None\r\n\r\n"}}, [](TestServer& server) { return expect_sent(server); });
}

asio::awaitable<void> expect_reuse(TestServer& server)
{
    for (int count = 0; count < 3; ++count) {
        HttpRequest request;
        request.url = server.url();
        auto const answer = co_await fetch(std::move(request));
        EXPECT_EQ(answer.body, "ok");
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, keeps_connections)
{
    run({{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, TestServer::After::keep_open},
        [](TestServer& server) { return expect_reuse(server); });
}

asio::awaitable<void> expect_cancelled(TestServer& server)
{
    auto executor = co_await asio::this_coro::executor;
    {
        HttpRequest request;
        request.url = server.url();
        HttpStream stream(executor, std::move(request));
        auto const head = co_await stream.head();
        EXPECT_EQ(head.status, 200);
    }
    asio::steady_timer tick(executor);
    while (!server.peer_closed()) { // run() ends this after 30 s.
        tick.expires_after(1ms);
        co_await tick.async_wait(asio::use_awaitable);
    }
}

TEST(HttpClient, cancels_upstream_when_destroyed)
{
    run({{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"}, TestServer::After::keep_open},
        [](TestServer& server) { return expect_cancelled(server); });
}

asio::awaitable<void> wait_for_ever(std::string url)
{
    HttpRequest request;
    request.url = std::move(url);
    HttpStream stream(co_await asio::this_coro::executor, std::move(request));
    auto const head = co_await stream.head();
    ADD_FAILURE() << "status " << head.status;
}

TEST(HttpClient, streams_may_die_with_their_context)
{
    asio::io_context io;
    TestServer server(io, {{}, TestServer::After::keep_open});
    for (int count = 0; count < 3; ++count) asio::co_spawn(io, wait_for_ever(server.url()), asio::detached);
    while (server.connections() < 3) io.run_one();
}

} // namespace
} // namespace pollux::net
