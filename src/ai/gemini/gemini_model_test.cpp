#include "ai/gemini/gemini_model.hpp"

#include "net/test_server.hpp"

#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace pollux::ai {
namespace {

using net::TestServer;
using namespace std::chrono_literals;

constexpr char stream_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

struct Collected {
    std::string text;
    std::string end; // "stop", "transient", "permanent".
    Failed failed;
};

// An answer that comes is waited for, however busy the machine is; only who waits for a silence names a short one.
GeminiOptions options(TestServer const& server, std::chrono::milliseconds silence_max = 20s)
{
    GeminiOptions made;
    made.api_key = "the-key";
    made.base_url = server.url("");
    made.silence_max = silence_max;
    return made;
}

asio::awaitable<Collected> collect(GeminiModel& model)
{
    ChatRequest request;
    request.model = "gemini-flash-latest";
    request.turns = {{Role::user, "hi", {}}};
    request.deadline = std::chrono::steady_clock::now() + 20s;
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    Collected collected;
    while (collected.end.empty()) {
        auto event = co_await stream->next();
        if (auto* delta = std::get_if<TextDelta>(&event)) collected.text += delta->text;
        if (std::holds_alternative<Finished>(event)) collected.end = "stop";
        if (auto* failed = std::get_if<Failed>(&event)) {
            collected.failed = *failed;
            collected.end = failed->kind == Failed::Kind::transient ? "transient" : "permanent";
        }
    }
    co_return collected;
}

void run(TestServer::Script script, std::function<asio::awaitable<void>(TestServer&)> body)
{
    asio::io_context io;
    TestServer server(io, std::move(script));
    std::exception_ptr failure;
    bool done = false;
    asio::co_spawn(io, body(server), [&](std::exception_ptr thrown) {
        failure = thrown;
        done = true;
        io.stop();
    });
    io.run_for(30s);
    EXPECT_TRUE(done);
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> expect_reply(TestServer& server)
{
    GeminiModel model(options(server));
    auto const collected = co_await collect(model);
    EXPECT_EQ(collected.text, "Hello");
    EXPECT_EQ(collected.end, "stop");
    EXPECT_TRUE(server.request().starts_with("POST /v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse HTTP/1.1\r\n"));
    EXPECT_NE(server.request().find("x-goog-api-key: the-key\r\n"), std::string::npos);
    EXPECT_NE(server.request().find(R"("text":"hi")"), std::string::npos);
}

TEST(GeminiModel, streams_a_reply)
{
    run({{stream_head,
          R"(data: {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]})"
          "\n\n",
          R"(data: {"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}]})"
          "\n\n"}},
        [](TestServer& server) { return expect_reply(server); });
}

asio::awaitable<void> expect_end(TestServer& server, std::chrono::milliseconds silence_max, std::string end, std::string detail)
{
    GeminiModel model(options(server, silence_max));
    auto const collected = co_await collect(model);
    EXPECT_EQ(collected.end, end);
    EXPECT_NE(collected.failed.detail.find(detail), std::string::npos) << collected.failed.detail;
    EXPECT_EQ(collected.failed.detail.find("the-key"), std::string::npos);
}

TEST(GeminiModel, fails_as_it_must)
{
    struct Case {
        TestServer::Script script;
        std::string end;
        std::string detail;
    };
    std::string const answer = R"(data: {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]})"
                               "\n\n";
    std::vector<Case> const cases = {
        {{{}, TestServer::After::keep_open}, "transient", "no byte came"},
        {{{stream_head, answer}, TestServer::After::keep_open}, "transient", "no byte came"},
        {{{stream_head, answer}}, "transient", "ended before"},
        {{{"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", answer}}, "transient", "cut"},
        {{{}}, "transient", "not reached"},
        {{{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"}}, "transient", "503"},
        {{{"HTTP/1.1 403 No\r\n\r\n{\"error\":{\"code\":403,\"message\":\"the-key\",\"status\":\"PERMISSION_DENIED\"}}"}},
         "permanent",
         "PERMISSION_DENIED"},
        {{{stream_head, "data: " + std::string(9'000'000, 'x')}}, "permanent", "larger than is taken"},
    };
    for (auto const& c : cases) {
        SCOPED_TRACE(c.detail);
        auto const silence_max = c.script.after == TestServer::After::keep_open ? 100ms : 20s;
        run(c.script, [&](TestServer& server) { return expect_end(server, silence_max, c.end, c.detail); });
    }
}

bool asks_for_thoughts(TestServer const& server)
{
    return server.request().find("includeThoughts") != std::string::npos;
}

constexpr char wrong_argument[] = "HTTP/1.1 400 Bad\r\n\r\n{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\"}}";
constexpr char hello[] = R"(data: {"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]})"
                         "\n\n";

asio::awaitable<void> expect_no_second_question(TestServer& server)
{
    GeminiModel model(options(server));
    auto const first = co_await collect(model);
    EXPECT_EQ(first.end, "stop") << "in the same call, without the question";
    EXPECT_EQ(first.text, "Hello");
    EXPECT_FALSE(asks_for_thoughts(server));
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ((co_await collect(model)).end, "stop");
    EXPECT_FALSE(asks_for_thoughts(server));
    EXPECT_EQ(server.connections(), 3) << "nor is it asked again";
}

TEST(GeminiModel, stops_asking_for_thoughts_where_they_are_refused)
{
    run({{wrong_argument}, TestServer::After::close, {stream_head, hello}}, expect_no_second_question);
}

asio::awaitable<void> expect_two_questions_a_call(TestServer& server)
{
    GeminiModel model(options(server));
    for (int call = 1; call <= 2; ++call) {
        EXPECT_EQ((co_await collect(model)).end, "permanent");
        EXPECT_FALSE(asks_for_thoughts(server));
        EXPECT_EQ(server.connections(), 2 * call) << "what is refused without the question too says nothing about the model";
    }
}

TEST(GeminiModel, goes_on_asking_for_thoughts_where_something_else_is_wrong)
{
    run({{wrong_argument}}, expect_two_questions_a_call);
}

asio::awaitable<void> expect_health(TestServer& server, GeminiHealth health)
{
    auto const check = co_await check_gemini(options(server), "gemini-flash-latest");
    EXPECT_EQ(check.health, health) << check.detail;
    EXPECT_TRUE(server.request().empty() || server.request().starts_with("GET /v1beta/models/gemini-flash-latest HTTP/1.1\r\n"));
}

TEST(GeminiModel, is_checked)
{
    struct Case {
        TestServer::Script script;
        GeminiHealth health;
    };
    std::vector<Case> const cases = {
        {{{"HTTP/1.1 200 OK\r\n\r\n{\"name\":\"models/gemini-flash-latest\"}"}}, GeminiHealth::ok},
        {{{"HTTP/1.1 200 OK\r\n\r\n<html>Log in to the hotel</html>"}}, GeminiHealth::unreachable},
        {{{"HTTP/1.1 400 No\r\n\r\n{\"error\":{\"details\":[{\"@type\":\"google.rpc.ErrorInfo\",\"reason\":\"API_KEY_INVALID\"}]}}"}},
         GeminiHealth::wrong_key},
        {{{"HTTP/1.1 403 No\r\n\r\n"}}, GeminiHealth::wrong_key},
        {{{"HTTP/1.1 404 No\r\n\r\n"}}, GeminiHealth::unknown_model},
        {{{"HTTP/1.1 429 No\r\n\r\n"}}, GeminiHealth::limited},
        {{{"HTTP/1.1 503 No\r\n\r\n"}}, GeminiHealth::unreachable},
        {{{}}, GeminiHealth::unreachable},
    };
    for (auto const& c : cases) run(c.script, [&c](TestServer& server) { return expect_health(server, c.health); });
}

} // namespace
} // namespace pollux::ai
