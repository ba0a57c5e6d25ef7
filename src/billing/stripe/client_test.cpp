#include "billing/stripe/client.hpp"

#include "net/test_server.hpp"

#include <boost/asio/use_future.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace pollux::billing::stripe {
namespace {

using net::TestServer;
using namespace std::chrono_literals;

std::string response(std::string const& status, std::string const& body, std::string const& more = {})
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nRequest-Id: req_1\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Called {
    Answer answer;
    std::string request;
    int connections = 0;
};

Called call(TestServer::Script script, Call what, std::chrono::milliseconds time_max = 8s)
{
    asio::io_context io;
    TestServer server(io, std::move(script));
    Client const client({.base_url = server.url("/"), .secret_key = "sk_test_1", .call_time_max = time_max});
    Called called;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            called.answer = co_await client.call(std::move(what));
            server.stop();
        },
        [&](std::exception_ptr failure) {
            io.stop();
            if (failure) std::rethrow_exception(failure);
        });
    io.run();
    called.request = server.request();
    called.connections = server.connections();
    return called;
}

Call make_customer()
{
    Call call{.method = "POST", .path = "/v1/customers", .operation = "op_1"};
    call.form.add("metadata[user]", "7");
    return call;
}

bool holds(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST(StripeClient, sends_key_version_and_operation)
{
    auto const [answer, request, connections] = call({{response("200 OK", R"({"id":"cus_1"})")}}, make_customer());
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.body.at("id").as_string(), "cus_1");
    EXPECT_EQ(answer.request_id, "req_1");
    EXPECT_TRUE(request.starts_with("POST /v1/customers HTTP/1.1\r\n")) << request;
    for (auto const* line : {"authorization: Bearer sk_test_1\r\n", "stripe-version: 2026-10-28.endive\r\n", "idempotency-key: op_1\r\n",
                             "content-type: application/x-www-form-urlencoded\r\n"}) {
        EXPECT_TRUE(holds(request, line)) << line;
    }
    EXPECT_TRUE(request.ends_with("\r\n\r\nmetadata[user]=7")) << request;
    EXPECT_EQ(connections, 1);
}

TEST(StripeClient, a_read_has_its_parameters_in_the_query)
{
    Call read{.path = "/v1/subscriptions"};
    read.form.add("customer", "cus_1").add("expand[0]", "data.latest_invoice");
    auto const request = call({{response("200 OK", "{}")}}, read).request;
    EXPECT_TRUE(request.starts_with("GET /v1/subscriptions?customer=cus_1&expand[0]=data.latest_invoice HTTP/1.1\r\n")) << request;
    EXPECT_FALSE(holds(request, "idempotency-key"));
}

TEST(StripeClient, a_refusal_is_not_repeated)
{
    auto const body =
        R"({"error":{"type":"invalid_request_error","code":"resource_missing","param":"price","message":"No such price: 'p'"}})";
    auto const [answer, request, connections] = call({{response("400 Bad Request", body)}}, make_customer());
    EXPECT_EQ(answer.outcome, Outcome::refused);
    EXPECT_EQ(answer.error_type, "invalid_request_error");
    EXPECT_EQ(answer.error_code, "resource_missing");
    EXPECT_EQ(answer.error_parameter, "price");
    EXPECT_EQ(answer.detail, "No such price: 'p'");
    EXPECT_EQ(connections, 1);
}

TEST(StripeClient, an_accident_is_repeated_twice_with_the_same_operation)
{
    auto const [answer, request, connections] =
        call({{response("500 Internal Server Error", R"({"error":{"type":"api_error"}})")}}, make_customer());
    EXPECT_EQ(answer.outcome, Outcome::unknown);
    EXPECT_EQ(connections, 3);
    EXPECT_TRUE(holds(request, "idempotency-key: op_1\r\n"));
}

TEST(StripeClient, what_stripe_says_of_repeating_holds)
{
    auto const limited = R"({"error":{"type":"invalid_request_error","code":"rate_limit"}})";
    EXPECT_EQ(call({{response("429 Too Many Requests", limited)}}, make_customer()).connections, 1);
    EXPECT_EQ(call({{response("429 Too Many Requests", limited, "Stripe-Should-Retry: true\r\n")}}, make_customer()).connections, 3);
    EXPECT_EQ(call({{response("500 Oh", "{}", "Stripe-Should-Retry: false\r\n")}}, make_customer()).connections, 1);
}

TEST(StripeClient, no_repetition_goes_beyond_the_deadline)
{
    auto const called = call({{response("500 Oh", "{}")}}, make_customer(), 200ms);
    EXPECT_EQ(called.connections, 1);
    EXPECT_EQ(called.answer.outcome, Outcome::unknown);
}

TEST(StripeClient, silence_is_an_unknown_outcome)
{
    auto const called = call({{}, TestServer::After::keep_open}, make_customer(), 300ms);
    EXPECT_EQ(called.answer.outcome, Outcome::unknown);
    EXPECT_EQ(called.answer.status, 0);
    EXPECT_TRUE(called.answer.detail.starts_with("Stripe was not reached: ")) << called.answer.detail;
}

TEST(StripeClient, without_a_connection_nothing_was_done)
{
    asio::io_context io;
    Client const client({.base_url = "http://127.0.0.1:1", .secret_key = "sk_test_1", .call_time_max = 300ms});
    auto asked = asio::co_spawn(io, client.call(make_customer()), asio::use_future);
    io.run();
    EXPECT_EQ(asked.get().outcome, Outcome::not_done);
}

TEST(StripeAnswer, means_by_its_status)
{
    struct Case {
        int status;
        Outcome outcome;
    };
    for (auto const& [status, outcome] :
         {Case{200, Outcome::done}, Case{400, Outcome::refused}, Case{401, Outcome::refused}, Case{402, Outcome::refused},
          Case{404, Outcome::refused}, Case{409, Outcome::unknown}, Case{424, Outcome::refused}, Case{429, Outcome::not_done},
          Case{500, Outcome::unknown}, Case{503, Outcome::unknown}}) {
        EXPECT_EQ(read_answer(status, R"({"error":{}})").outcome, outcome) << status;
    }
}

TEST(StripeAnswer, from_something_between_us_is_not_believed)
{
    EXPECT_EQ(read_answer(200, "<html>").outcome, Outcome::unknown);
    EXPECT_EQ(read_answer(404, "<html>").outcome, Outcome::unknown);
    EXPECT_EQ(read_answer(200, "[]").outcome, Outcome::unknown);
    EXPECT_EQ(read_answer(429, "").outcome, Outcome::not_done);
}

TEST(StripeMode, is_in_the_keys_name)
{
    EXPECT_EQ(mode_of_key("sk_live_1"), Mode::live);
    EXPECT_EQ(mode_of_key("rk_live_1"), Mode::live);
    EXPECT_EQ(mode_of_key("sk_test_1"), Mode::test);
    EXPECT_EQ(mode_of_key("rk_test_1"), Mode::test);
}

} // namespace
} // namespace pollux::billing::stripe
