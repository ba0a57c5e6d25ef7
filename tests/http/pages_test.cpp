// What the server asks for where no route is, and how that goes out.
#include "http/echo_server.hpp"

#include "http/error_response.hpp"

namespace pollux {
namespace {

using namespace test;

class PagesHook : public ServerTest {
protected:
    void SetUp() override
    {
        http::ServerOptions options;
        options.rate_limits = false;
        options.limits.waiting_answer_bytes_per_user_max = 64_KiB;
        options.pages = [this](http::Request const& request, std::string_view method) { return page(request, method); };
        start(std::move(options));
    }

    std::optional<http::Response> page(http::Request const& request, std::string_view method)
    {
        asked.fetch_add(1);
        if (request.path != "/" && request.path != "/known" && request.path != "/large") return std::nullopt;
        if (method == "POST") return http::problem(405, "method_not_allowed", "Read it.", request.request_id);
        http::Response response{.status = request.path == "/known" ? 304 : 200, .content_type = "text/html; charset=utf-8"};
        response.cache_control = "no-cache";
        response.fixed_head = "\r\nETag: \"a\"\r\nContent-Security-Policy: default-src 'self'";
        if (request.path == "/large") response.fixed_body = large;
        if (request.path == "/") response.fixed_body = "<p>Hello</p>";
        return response;
    }

    std::atomic<int> asked = 0;
    std::string const large = std::string(8'000'000, 'x');
};

TEST_F(PagesHook, is_asked_where_no_route_is)
{
    auto const answer = ask(get("/"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "<p>Hello</p>");
    EXPECT_EQ(answer.header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(answer.header("cache-control"), "no-cache");
    EXPECT_EQ(answer.header("etag"), "\"a\"");
    EXPECT_EQ(answer.header("content-security-policy"), "default-src 'self'");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("x-request-id").size(), 16u);
    EXPECT_EQ(asked, 1);
    EXPECT_NE(ask(get("/nowhere")).body.find("path_not_found"), std::string::npos);
    EXPECT_EQ(asked, 2);
}

TEST_F(PagesHook, is_never_asked_for_a_path_of_the_api)
{
    for (auto const* path : {"/filter/", "/rooms/1/", "/breaks/", "/events/", "/echo/"}) ask(get(path));
    post("/echo/", R"({"text":"hi"})");
    EXPECT_EQ(asked, 0);
}

TEST_F(PagesHook, is_not_asked_by_those_who_are_not_answered)
{
    EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n").status, 400);
    EXPECT_EQ(ask("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 501);
    EXPECT_EQ(asked, 0);
}

TEST_F(PagesHook, answers_on_a_connection_that_goes_on)
{
    RawClient client(server_->port());
    client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    auto const head = client.read(false);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-length"), "12");
    auto const known = client.ask(get("/known"));
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.header("content-length"), "");
    EXPECT_EQ(client.ask(get("/")).body, "<p>Hello</p>");
    EXPECT_EQ(client.ask(get("/filter/")).status, 200);
}

TEST_F(PagesHook, reads_no_body_of_what_only_shows)
{
    auto const answer = post("/", R"({"text":"hi"})");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("connection"), "close");
}

// Its bytes lie in memory for everybody: a reader who is slow, or many of them, hold none.
TEST_F(PagesHook, slow_readers_of_pages_keep_nobody_from_the_api)
{
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int count = 0; count < 4; ++count) {
        slow.push_back(std::make_unique<RawClient>(server_->port()));
        slow.back()->send(get("/large"));
    }
    while (asked < 4) std::this_thread::yield();
    for (int count = 0; count < 20; ++count) EXPECT_EQ(ask(get("/filter/")).status, 200);
    EXPECT_EQ(slow.front()->read().body.size(), large.size());
}

} // namespace
} // namespace pollux
