// A server with a few small routes, over real sockets.
#pragma once

#include "base/secrets.hpp"
#include "http/server.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>

namespace pollux::test {

namespace asio = boost::asio;

struct Echo {
    Text<1, 10> text;
    std::optional<Int<1, 5>> times;
};
POLLUX_DESCRIBE(Echo, (text, times))

struct Echoed {
    std::string text;
    std::int64_t user = 0;
};
POLLUX_DESCRIBE(Echoed, (text, user))

struct Filter {
    std::optional<Int<1, 100>> limit;
    std::optional<Text<1, 5>> q;
};
POLLUX_DESCRIBE(Filter, (limit, q))

struct Service {};

inline asio::awaitable<Result<Echoed>> echo(Service&, http::Request const& request, Echo body)
{
    co_return Echoed{body.text.value, request.identity ? request.user().value : 0};
}

inline asio::awaitable<Result<Echoed>> item(Service&, http::Request const& request)
{
    auto id = request.path_id<RoomId>("room");
    if (!id) co_return id.error();
    co_return Echoed{std::to_string(id->value), 0};
}

inline asio::awaitable<Result<Echoed>> filtered(Service&, http::Request const&, Query<Filter> query)
{
    co_return Echoed{query.value.q ? query.value.q->value : "", query.value.limit ? query.value.limit->value : 20};
}

inline asio::awaitable<Result<Echoed>> breaks(Service&, http::Request const&)
{
    throw std::runtime_error("secret-detail");
    co_return Echoed{};
}

inline asio::awaitable<Result<http::Cacheable<Echoed>>> kept(Service&, http::Request const&)
{
    co_return http::Cacheable<Echoed>{{"the same for all", 0}, std::chrono::seconds(60)};
}

inline asio::awaitable<Result<Echoed>> used_up(Service&, http::Request const&)
{
    co_return rate_limited("used_up", "Nothing is left.", std::chrono::seconds(5)).with_member({"upgrade", R"({"plans":"/plans/"})"});
}

class ThreeEvents final : public http::EventStream {
public:
    asio::awaitable<std::optional<std::string>> next(Steady::time_point) override
    {
        if (count_ == 3) co_return std::nullopt;
        std::string bytes;
        http::append_event(bytes, "n", std::to_string(++count_), "{}");
        co_return bytes;
    }

private:
    int count_ = 0;
};

inline asio::awaitable<Result<http::Stream>> events(Service&, http::Request const&)
{
    co_return http::Stream{std::make_unique<ThreeEvents>()};
}

class ServerTest : public testing::Test {
protected:
    void SetUp() override
    {
        http::ServerOptions options;
        options.rate_limits = false;
        start(std::move(options));
    }

    void start(http::ServerOptions options)
    {
        prepare_secrets();
        if (options.allowed_hosts.empty()) options.allowed_hosts = {"localhost", ".example.com"};
        if (router_.routes().empty()) add_routes();
        stop();
        runtime_ = std::make_unique<net::Runtime>(2);
        auto authenticator = [](std::string_view token) -> Result<http::Identity> {
            if (token == "good") return http::Identity{UserId{7}, SessionId{1}};
            if (token == "neighbour") return http::Identity{UserId{8}, SessionId{2}};
            return unauthenticated("token_invalid", "bad");
        };
        server_ = std::make_unique<http::Server>(*runtime_, router_, limiter_, authenticator, std::move(options));
        runtime_->start();
        server_->listen();
    }

    void stop()
    {
        if (!server_) return;
        server_->stop_accepting();
        EXPECT_TRUE(server_->drain(std::chrono::seconds(5)));
        runtime_->stop();
        server_.reset();
        runtime_.reset();
    }

    void TearDown() override { stop(); }

    void add_routes()
    {
        http::RouteOptions open{.id = "open", .access = http::Access::open};
        router_.post("/echo/", echo, service_, open);
        router_.get("/rooms/{room}/", item, service_, open);
        router_.get("/filter/", filtered, service_, open);
        router_.get("/breaks/", breaks, service_, open);
        router_.get("/events/", events, service_, open);
        router_.get("/kept/", kept, service_, open);
        router_.get("/used-up/", used_up, service_, open);
        router_.get("/my-events/", events, service_, {.id = "myEvents", .access = http::Access::user});
        router_.post("/mine/", echo, service_, {.id = "mine", .access = http::Access::user, .body_bytes_max = 100});
        router_.post("/limited/", echo, service_, {.id = "limited", .access = http::Access::open, .limits = http::RateClass::otp});
    }

    RawAnswer ask(std::string const& request) { return RawClient(server_->port()).ask(request); }

    RawAnswer post(std::string const& path, std::string const& body, std::string const& headers = "Content-Type: application/json\r\n")
    {
        return ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body);
    }

    http::Router router_;
    Service service_;
    limits::MemoryRateLimiter limiter_;
    std::unique_ptr<net::Runtime> runtime_;
    std::unique_ptr<http::Server> server_;
};

inline std::string get(std::string const& target, std::string const& more = "")
{
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

} // namespace pollux::test
