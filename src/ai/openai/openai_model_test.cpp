#include "ai/openai/openai_model.hpp"

#include "net/test_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace pollux::ai {
namespace {

using net::TestServer;
using namespace std::chrono_literals;

constexpr char stream_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr char hello[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";
constexpr char stop[] = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

struct Collected {
    std::string text;
    std::string end; // "stop", "transient", "permanent".
    Usage usage;
    Failed failed;
};

// An answer that comes is waited for, however busy the machine is; only who waits for a silence names a short one.
OpenAiOptions options(TestServer const& server, std::chrono::milliseconds silence_max = 20s)
{
    OpenAiOptions made;
    made.api_key = "the-key";
    made.base_url = server.url("/v1");
    made.first_text_max = silence_max;
    made.silence_max = silence_max;
    return made;
}

asio::awaitable<Collected> collect(OpenAiModel& model)
{
    ChatRequest request;
    request.model = "llama3.2";
    request.turns = {{Role::user, "hi", {}}};
    request.deadline = std::chrono::steady_clock::now() + 20s;
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    Collected collected;
    while (collected.end.empty()) {
        auto event = co_await stream->next();
        if (auto* delta = std::get_if<TextDelta>(&event)) collected.text += delta->text;
        if (auto* so_far = std::get_if<UsageSoFar>(&event)) collected.usage = so_far->usage;
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
    OpenAiModel model(options(server));
    auto const collected = co_await collect(model);
    EXPECT_EQ(collected.text, "Hello");
    EXPECT_EQ(collected.end, "stop");
    EXPECT_FALSE(collected.usage.is_estimated);
    EXPECT_EQ(collected.usage.completion_tokens, 2);
    EXPECT_TRUE(server.request().starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << server.request();
    EXPECT_NE(server.request().find("authorization: Bearer the-key\r\n"), std::string::npos);
    EXPECT_NE(server.request().find(R"({"role":"user","content":"hi"})"), std::string::npos);
}

TEST(OpenAiModel, streams_a_reply_and_ends_with_the_last_figures)
{
    run({{stream_head, hello, stop, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n",
          "data: [DONE]\n\n"},
         TestServer::After::keep_open},
        [](TestServer& server) { return expect_reply(server); });
}

asio::awaitable<void> expect_no_key(TestServer& server)
{
    auto without = options(server);
    without.api_key.clear();
    OpenAiModel model(without);
    EXPECT_EQ((co_await collect(model)).end, "stop");
    EXPECT_EQ(server.request().find("uthorization"), std::string::npos);
}

TEST(OpenAiModel, needs_no_key)
{
    run({{stream_head, hello, stop}}, [](TestServer& server) { return expect_no_key(server); });
}

asio::awaitable<void> expect_end(TestServer& server, std::chrono::milliseconds silence_max, std::string end, std::string detail)
{
    OpenAiModel model(options(server, silence_max));
    auto const collected = co_await collect(model);
    EXPECT_EQ(collected.end, end);
    EXPECT_NE(collected.failed.detail.find(detail), std::string::npos) << collected.failed.detail;
    EXPECT_EQ(collected.failed.detail.find("the-key"), std::string::npos);
}

TEST(OpenAiModel, fails_as_it_must)
{
    struct Case {
        TestServer::Script script;
        std::string end;
        std::string detail;
    };
    std::vector<Case> const cases = {
        {{{}, TestServer::After::keep_open}, "transient", "no byte came"},
        {{{stream_head, hello}, TestServer::After::keep_open}, "transient", "no byte came"},
        {{{stream_head, hello}}, "transient", "ended before"},
        {{{"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", hello}}, "transient", "cut"},
        {{{}}, "transient", "not reached"},
        {{{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"}}, "transient", "503"},
        {{{"HTTP/1.1 401 No\r\n\r\n{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"the-key\"}}"}}, "permanent", "invalid_api_key"},
        {{{"HTTP/1.1 301 Moved\r\nLocation: https://example.com/\r\n\r\n"}}, "permanent", "301"},
        {{{stream_head, "data: " + std::string(9'000'000, 'x')}}, "permanent", "larger than is taken"},
    };
    for (auto const& c : cases) {
        SCOPED_TRACE(c.detail);
        auto const silence_max = c.script.after == TestServer::After::keep_open ? 100ms : 20s;
        run(c.script, [&](TestServer& server) { return expect_end(server, silence_max, c.end, c.detail); });
    }
}

// Says that it works, so often as is said, and answers.
asio::awaitable<void> serve_signs(asio::ip::tcp::acceptor& acceptor, int signs)
{
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::steady_timer timer(acceptor.get_executor());
    co_await asio::async_write(socket, asio::buffer(std::string(stream_head)), asio::use_awaitable);
    for (int count = 0; count < signs; ++count) {
        co_await asio::async_write(socket, asio::buffer(std::string(": PROCESSING\n\n")), asio::use_awaitable);
        timer.expires_after(10ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_await asio::async_write(socket, asio::buffer(std::string(hello) + stop), asio::use_awaitable);
}

// Is silent for as long as is said, and answers at one stroke.
asio::awaitable<void> serve_late(asio::ip::tcp::acceptor& acceptor, std::chrono::milliseconds silence)
{
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::steady_timer timer(acceptor.get_executor());
    timer.expires_after(silence);
    co_await timer.async_wait(asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(std::string(stream_head) + hello + stop), asio::use_awaitable);
}

using Serve = std::function<asio::awaitable<void>(asio::ip::tcp::acceptor&)>;

Collected collect_from(Serve serve, OpenAiOptions limits)
{
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    limits.base_url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/v1";
    OpenAiModel model(limits);
    Collected collected;
    asio::co_spawn(io, serve(acceptor), asio::detached);
    asio::co_spawn(io, collect(model), [&](std::exception_ptr, Collected what) {
        collected = std::move(what);
        io.stop();
    });
    io.run_for(30s);
    return collected;
}

TEST(OpenAiModel, is_left_when_it_only_says_that_it_works)
{
    OpenAiOptions limits;
    limits.first_text_max = 200ms;
    limits.silence_max = 10s;
    auto const collected = collect_from([](auto& acceptor) { return serve_signs(acceptor, 1'000); }, limits);
    EXPECT_EQ(collected.end, "transient");
    EXPECT_NE(collected.failed.detail.find("no text came in time"), std::string::npos) << collected.failed.detail;
}

TEST(OpenAiModel, may_load_for_longer_than_it_may_fall_silent)
{
    OpenAiOptions limits;
    limits.first_text_max = 20s;
    limits.silence_max = 100ms;
    EXPECT_EQ(collect_from([](auto& acceptor) { return serve_late(acceptor, 500ms); }, limits).text, "Hello");
}

bool asks_for_figures(TestServer const& server)
{
    return server.request().find("include_usage") != std::string::npos;
}

constexpr char unknown_field[] =
    "HTTP/1.1 422 No\r\n\r\n{\"detail\":[{\"loc\":[\"body\",\"stream_options\"],\"msg\":\"Extra inputs are not permitted\"}]}";

asio::awaitable<void> expect_no_second_question(TestServer& server)
{
    OpenAiModel model(options(server));
    auto const first = co_await collect(model);
    EXPECT_EQ(first.end, "stop") << "in the same call, without the question";
    EXPECT_EQ(first.text, "Hello");
    EXPECT_FALSE(asks_for_figures(server));
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ((co_await collect(model)).end, "stop");
    EXPECT_FALSE(asks_for_figures(server));
    EXPECT_EQ(server.connections(), 3) << "nor is it asked again";
}

TEST(OpenAiModel, stops_asking_for_figures_where_that_is_refused)
{
    std::string const answer = std::string(stream_head) + hello + stop + "data: [DONE]\n\n";
    run({{unknown_field}, TestServer::After::close, {answer}}, [](TestServer& server) { return expect_no_second_question(server); });
}

asio::awaitable<void> expect_further_questions(TestServer& server, int questions)
{
    OpenAiModel model(options(server));
    EXPECT_EQ((co_await collect(model)).end, "permanent");
    EXPECT_EQ(server.connections(), questions);
    auto executor = co_await asio::this_coro::executor;
    ChatRequest request;
    request.deadline = std::chrono::steady_clock::now() + 20s;
    auto stream = model.start(executor, std::move(request));
    auto const event = co_await stream->next();
    EXPECT_TRUE(std::holds_alternative<Failed>(event));
    EXPECT_EQ(server.connections(), 2 * questions) << "figures are asked for again";
}

TEST(OpenAiModel, goes_on_asking_for_figures_when_the_request_was_wrong_in_another_way)
{
    run({{unknown_field}}, [](TestServer& server) { return expect_further_questions(server, 2); });
    run({{"HTTP/1.1 400 No\r\n\r\n{\"error\":{\"message\":\"What are stream_options? is no question.\"}}"}},
        [](TestServer& server) { return expect_further_questions(server, 2); });
}

TEST(OpenAiModel, takes_what_a_refusal_repeats_of_the_request_for_no_reason)
{
    run({{"HTTP/1.1 422 No\r\n\r\n{\"detail\":[{\"loc\":[\"body\",\"max_tokens\"],\"msg\":\"Field required\","
          "\"input\":{\"stream_options\":{\"include_usage\":true}}}]}"}},
        [](TestServer& server) { return expect_further_questions(server, 1); });
}

asio::awaitable<void> expect_health(TestServer& server, OpenAiHealth health)
{
    auto const check = co_await check_openai(options(server), "llama3.2");
    EXPECT_EQ(check.health, health) << check.detail;
    EXPECT_TRUE(server.request().empty() || server.request().starts_with("GET /v1/models HTTP/1.1\r\n"));
}

TEST(OpenAiModel, is_checked)
{
    struct Case {
        std::string answer;
        OpenAiHealth health;
    };
    std::string const listed = "HTTP/1.1 200 OK\r\n\r\n{\"object\":\"list\",\"data\":[{\"id\":\"x\"},";
    for (auto const& one : {
             Case{listed + R"({"id":"llama3.2"}]})", OpenAiHealth::ok},
             Case{listed + R"({"id":"llama3.2:latest","owned_by":"library"}]})", OpenAiHealth::ok},
             Case{listed + R"({"id":"models/llama3.2"}]})", OpenAiHealth::ok},
             Case{listed + R"({"id":"/models/any.gguf","owned_by":"llamacpp"}]})", OpenAiHealth::ok},
             Case{listed + R"({"id":"llama3.2:70b"},7,{"id":7}]})", OpenAiHealth::unknown_model},
             Case{"HTTP/1.1 200 OK\r\n\r\n{\"data\":7}", OpenAiHealth::unreachable},
             Case{"HTTP/1.1 200 OK\r\n\r\n<html>Log in to the hotel</html>", OpenAiHealth::unreachable},
             Case{"HTTP/1.1 401 No\r\n\r\n", OpenAiHealth::wrong_key},
             Case{"HTTP/1.1 404 No\r\n\r\n", OpenAiHealth::lists_nothing},
             Case{"HTTP/1.1 429 No\r\n\r\n", OpenAiHealth::limited},
             Case{"HTTP/1.1 503 No\r\n\r\n", OpenAiHealth::unreachable},
             Case{"HTTP/1.1 400 No\r\n\r\n", OpenAiHealth::refused},
         })
        run({{one.answer}}, [&one](TestServer& server) { return expect_health(server, one.health); });
    run({{}}, [](TestServer& server) { return expect_health(server, OpenAiHealth::unreachable); });
}

} // namespace
} // namespace pollux::ai
