#include "http/dispatch.hpp"

#include "limits/memory_rate_limiter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace pollux::http {
namespace {

using tcp = asio::ip::tcp;

struct Wish {
    std::optional<Text<1, 10>> text;
};
POLLUX_DESCRIBE(Wish, (text))

struct Told {
    std::string text;
};
POLLUX_DESCRIBE(Told, (text))

struct Service {};

asio::awaitable<Result<Told>> tell(Service&, Request const&, Wish)
{
    co_return Told{"a"};
}

asio::awaitable<Result<Told>> bytes(Service&, Request const&, RawBody)
{
    co_return Told{"a"};
}

asio::awaitable<Result<Told>> breaks(Service&, Request const&)
{
    throw std::runtime_error("inner words");
    co_return Told{};
}

Result<Identity> judge(std::string_view token)
{
    if (token == "good") return Identity{UserId{7}, SessionId{1}};
    return unauthenticated("token_invalid", "bad");
}

std::optional<Identity> issued_to(std::string_view token)
{
    if (token == "good" || token == "expired") return Identity{UserId{7}, SessionId{1}};
    if (token == "expired too") return Identity{UserId{8}, SessionId{2}};
    return std::nullopt;
}

ServerOptions options()
{
    ServerOptions made;
    made.allowed_hosts = {"localhost"};
    made.cors.origins = {"https://app.example.com"};
    made.trusted_proxies.networks = Networks({"127.0.0.0/8"});
    made.rate_rules.send.per_user = limits::RateRule{1, std::chrono::seconds(3600)};
    made.rate_rules.otp.per_address = limits::RateRule{1, std::chrono::seconds(3600)};
    made.issued_to = issued_to;
    return made;
}

class Dispatch : public testing::Test {
protected:
    Dispatch()
    {
        RouteOptions open{.id = "open", .access = Access::open, .limits = RateClass::otp};
        router.post("/open/", tell, service, open);
        RouteOptions shared_one{.id = "shared", .access = Access::open, .limits = RateClass::otp, .counts_who_is_shown = true};
        router.post("/shared/", tell, service, shared_one);
        router.post("/mine/", tell, service, {.id = "mine", .limits = RateClass::send});
        router.post("/hook/", bytes, service, raw_route("hook", "", ""));
        router.get("/breaks/", breaks, service, {.id = "breaks", .access = Access::open, .limits = RateClass::none});
        RouteOptions health{.id = "health", .access = Access::open, .limits = RateClass::none, .ignores_allowed_hosts = true};
        router.get("/health/", breaks, service, health);
        shared = std::make_unique<Server::Shared>(router, limiter, judge, options());
    }

    // One request as a connection brings it.
    struct Given {
        explicit Given(std::string const& head)
        {
            tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
            client.connect(acceptor.local_endpoint());
            acceptor.accept(socket);
            asio::write(client, asio::buffer(head));
            auto read = asio::co_spawn(context, read_head(&reader), asio::use_future);
            while (read.wait_for(std::chrono::seconds(0)) != std::future_status::ready) context.run_one();
            outcome = read.get();
            fields.emplace(reader.fields());
            peer = {asio::ip::make_address("127.0.0.1"), peer_of(asio::ip::make_address("127.0.0.1"))};
        }

        static asio::awaitable<RequestReader::Outcome> read_head(RequestReader* reader)
        {
            bool const came = co_await reader->await_request();
            if (!came) co_return RequestReader::Outcome::closed;
            co_return co_await reader->read_head();
        }

        asio::io_context context;
        tcp::socket client{context};
        tcp::socket socket{context};
        net::DeadlineList deadlines{context};
        RequestReader reader{socket, deadlines};
        RequestReader::Outcome outcome = RequestReader::Outcome::closed;
        std::optional<HeaderFields> fields;
        SocketPeer peer;
    };

    Target open(Given& given) { return open_target(*shared, given.reader, *given.fields, given.peer); }

    // "401 token_missing", or "200": by head, token and limits, then by the handler.
    std::string answered(std::string const& head)
    {
        Given given(head);
        EXPECT_EQ(given.outcome, RequestReader::Outcome::complete) << head;
        auto target = open(given);
        if (!target.refusal) target.refusal = run(given, refuse_caller(*shared, target));
        auto const response = target.refusal ? std::move(*target.refusal) : run(given, answer(*shared, target));
        auto const at = response.body.find("\"code\":\"");
        auto const code = at == std::string::npos ? "" : " " + response.body.substr(at + 8, response.body.find('"', at + 8) - at - 8);
        return std::to_string(response.status) + code;
    }

    template <class T>
    static T run(Given& given, asio::awaitable<T> work)
    {
        auto result = asio::co_spawn(given.context, std::move(work), asio::use_future);
        given.context.restart();
        while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) given.context.run_one();
        return result.get();
    }

    Service service;
    Router router;
    limits::MemoryRateLimiter limiter;
    std::unique_ptr<Server::Shared> shared;
};

std::string head(std::string const& line, std::string const& more = "")
{
    return line + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

std::string const json = "Content-Type: application/json\r\nContent-Length: 2\r\n";

TEST_F(Dispatch, judges_in_one_order_whatever_is_wrong_beside)
{
    std::string const token = "Authorization: Bearer good\r\n";
    struct Case {
        std::string given;
        std::string expected;
    };
    std::vector<Case> const cases = {
        {head("BREW /nope/"), "501 method_not_implemented"},
        {head("GET http://other/open/"), "400 bad_target"},
        {head("GET http://me@localhost/open/"), "400 bad_target"},
        {head("GET http://localhost?a=1"), "400 bad_target"},
        {head("GET ftp://localhost/open/"), "400 bad_target"},
        {head("GET http://localhost:80open/"), "400 bad_target"},
        {head("GET localhost/open/"), "400 bad_target"},
        {"GET /nope/ HTTP/1.1\r\nHost: evil\r\n\r\n", "400 host_not_allowed"},
        {head("GET /nope/"), "404 path_not_found"},
        {head("GET /open/?a=1&a=2"), "405 method_not_allowed"},
        {head("POST /open/?a=1&a=2", json), "400 repeated_parameter"},
        {head("POST /mine/", "Content-Encoding: gzip\r\n" + json), "415 unsupported_encoding"},
        {head("POST /mine/", "Content-Length: 2\r\n"), "415 unsupported_media_type"},
        {head("POST /mine/", json), "401 token_missing"},
        {head("POST /mine/", "Authorization: Basic good\r\n" + json), "401 token_missing"},
        {head("POST /mine/", "Authorization: Bearer bad\r\n" + json), "401 token_invalid"},
        {head("POST /mine/", token), "200"},
        {head("POST /mine/", token + json), "429 rate_limited"},
        {head("POST /open/", "Authorization: Bearer bad\r\n"), "200"},
        {head("POST /open/"), "429 rate_limited"},
        {head("POST /open/", "X-Forwarded-For: 203.0.113.7:40000\r\n"), "200"},
        {head("POST /open/", "X-Forwarded-For: unknown\r\n"), "200"},
        {head("POST /open/", "X-Forwarded-For: unknown\r\n"), "429 rate_limited"},
        {head("POST /hook/?a=1&a=%", "Content-Type: a/b\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n"), "200"},
        {head("GET /breaks/"), "500 internal_error"},
        {"GET /health/ HTTP/1.1\r\nHost: evil\r\n\r\n", "500 internal_error"},
        {head("OPTIONS /open/"), "204"},
        {head("OPTIONS *"), "204"},
    };
    for (auto const& [given, expected] : cases) EXPECT_EQ(answered(given), expected) << given;
}

TEST_F(Dispatch, counts_by_the_address_or_by_whose_token_is_shown)
{
    struct Case {
        std::string given;
        std::string expected;
    };
    std::vector<Case> const cases = {
        {head("POST /shared/"), "200"},
        {head("POST /shared/"), "429 rate_limited"}, // The address is spent:
        {head("POST /shared/", "Authorization: Bearer expired\r\n"), "200"},
        {head("POST /shared/", "Authorization: Bearer good\r\n"), "429 rate_limited"}, // The same user.
        {head("POST /shared/", "Authorization: Bearer expired\r\nX-Forwarded-For: 203.0.113.9\r\n"), "429 rate_limited"},
        {head("POST /shared/", "authorization: bearer  expired too \r\n"), "200"},
        {head("POST /shared/", "Authorization: Bearer forged\r\n"), "429 rate_limited"},
        {head("POST /shared/", "Authorization: Bearer \r\n"), "429 rate_limited"},
        {head("POST /shared/", "Authorization: Basic expired\r\n"), "429 rate_limited"},
        {head("POST /open/", "Authorization: Bearer expired\r\n"), "429 rate_limited"}, // Only where the route says so.
        {head("POST /shared/", "X-Forwarded-For: 203.0.113.9\r\n"), "200"},             // Which nobody's token has spent.
    };
    for (auto const& [given, expected] : cases) EXPECT_EQ(answered(given), expected) << given;
    shared->options.issued_to = {};
    EXPECT_EQ(answered(head("POST /shared/", "Authorization: Bearer expired too\r\n")), "429 rate_limited");
}

TEST_F(Dispatch, health_asks_for_the_host_where_it_is_told_to)
{
    auto strict = options();
    strict.health_asks_for_hosts = true;
    shared = std::make_unique<Server::Shared>(router, limiter, judge, std::move(strict));
    EXPECT_EQ(answered("GET /health/ HTTP/1.1\r\nHost: evil\r\n\r\n"), "400 host_not_allowed");
}

TEST_F(Dispatch, splits_a_target_into_path_and_query)
{
    Given given(head("POST http://LOCALHOST/hook/?x=1"));
    auto const target = open(given);
    EXPECT_EQ(target.request.path, "/hook/");
    EXPECT_EQ(target.request.query, "x=1");
    EXPECT_TRUE(target.request.parameters.empty()); // A raw route's.
}

TEST_F(Dispatch, counts_bodies_and_answers_by_who_asks)
{
    Given own(head("POST /mine/", "Authorization: Bearer good\r\n"));
    auto target = open(own);
    EXPECT_EQ(asker_of(target.request), "a:127.0.0.1");
    EXPECT_FALSE(run(own, refuse_caller(*shared, target)));
    EXPECT_EQ(asker_of(target.request), "u:7");
    EXPECT_EQ(body_pool(target), BodyPool::user);

    Given other(head("POST /open/", "X-Forwarded-For: 2001:db8::7\r\n"));
    auto open_one = open(other);
    EXPECT_EQ(asker_of(open_one.request), "a:2001:db8::/64");
    EXPECT_EQ(body_pool(open_one), BodyPool::open);

    Given hook(head("POST /hook/"));
    EXPECT_EQ(body_pool(open(hook)), BodyPool::raw);
}

TEST_F(Dispatch, every_refusal_may_be_read_by_a_listed_page)
{
    for (auto const& line : {"GET /nope/", "PUT /open/", "POST /mine/"}) {
        Given given(head(line, "Origin: https://app.example.com\r\n"));
        auto target = open(given);
        if (!target.refusal) target.refusal = run(given, refuse_caller(*shared, target));
        ASSERT_TRUE(target.refusal) << line;
        auto const& headers = target.refusal->headers;
        auto const found = std::ranges::find(headers, "Access-Control-Allow-Origin", &std::pair<std::string, std::string>::first);
        ASSERT_NE(found, headers.end()) << line;
        EXPECT_EQ(found->second, "https://app.example.com");
    }
}

} // namespace
} // namespace pollux::http
