// The server over real sockets: framing, limits, routing, errors, CORS, streams, the stop.
#include "http/echo_server.hpp"

#include "ops/log.hpp"

namespace pollux {
namespace {

using namespace test;

TEST_F(ServerTest, answers_with_the_handlers_struct)
{
    auto answer = post("/echo/", R"({"text":"hi"})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"text":"hi","user":0})");
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.header("x-request-id").size(), 16u);
}

TEST_F(ServerTest, serves_paths_with_and_without_the_last_slash)
{
    EXPECT_EQ(ask(get("/rooms/12")).body, R"({"text":"12","user":0})");
    EXPECT_EQ(ask(get("/rooms/12/")).status, 200);
}

struct Case {
    std::string name;
    std::string request;
    int status;
    std::string body_part;
};

TEST_F(ServerTest, refuses_what_it_should)
{
    auto json_post = [](std::string const& body) {
        return "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    std::string many_headers;
    for (int index = 0; index < 120; ++index) many_headers += "A" + std::to_string(index) + ": b\r\n";
    std::vector<Case> const cases = {
        {"unknown path", get("/nope/"), 404, "path_not_found"},
        {"empty segment", get("//echo/"), 404, "path_not_found"},
        {"dots", get("/rooms/../echo/"), 404, "path_not_found"},
        {"encoded slash", get("/rooms/1%2f"), 404, "room_not_found"},
        {"id 0", get("/rooms/0/"), 404, "room_not_found"},
        {"id -1", get("/rooms/-1/"), 404, "room_not_found"},
        {"id text", get("/rooms/abc/"), 404, "room_not_found"},
        {"id too large", get("/rooms/1000000000000000000000000000000/"), 404, "room_not_found"},
        {"method", "PUT /echo/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "POST, OPTIONS"},
        {"trace", "TRACE /echo/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 501, "method_not_implemented"},
        {"unknown method", "BREW /echo/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 501, "method_not_implemented"},
        {"no host", "GET /filter/ HTTP/1.1\r\n\r\n", 400, "host_missing"},
        {"two hosts", get("/filter/", "Host: localhost\r\n"), 400, "repeated_header"},
        {"foreign host", "GET /filter/ HTTP/1.1\r\nHost: evil.test\r\n\r\n", 400, "host_not_allowed"},
        {"foreign host as a user", "GET /filter/ HTTP/1.1\r\nHost: localhost:80@evil.test\r\n\r\n", 400, "host_not_allowed"},
        {"absolute target", get("http://localhost/filter/"), 200, "20"},
        {"absolute target of another host", get("http://evil.test/filter/"), 400, "bad_target"},
        {"words in a line", get("/filter/ x"), 400, "bad_framing"},
        {"list of lengths", "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 2\r\n\r\n{}", 400, "bad_framing"},
        {"repeated parameter of no interest", get("/rooms/5/?a=1&a=2"), 400, "repeated_parameter"},
        {"two origins", get("/filter/", "Origin: http://a\r\nOrigin: http://b\r\n"), 400, "repeated_header"},
        {"wildcard host", "GET /filter/ HTTP/1.1\r\nHost: a.example.com:80\r\n\r\n", 200, "20"},
        {"version", "GET /filter/ HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, "version_not_supported"},
        {"bare lf", "GET /filter/ HTTP/1.1\nHost: localhost\n\n\r\n\r\n", 400, "bad_framing"},
        {"folded", get("/filter/", "X: a\r\n b\r\n"), 400, "bad_framing"},
        {"space before colon", get("/filter/", "X : a\r\n"), 400, "bad_framing"},
        {"two lengths", "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "framing"},
        {"length and chunked",
         "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_framing"},
        {"chunked in 1.0", "POST /echo/ HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_framing"},
        {"gzip coding", "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "coding"},
        {"bad chunk",
         "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
         "bad_framing"},
        {"negative length", "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "bad_framing"},
        {"underscore twin", get("/filter/", "Content_Length: 3\r\n"), 400, "ambiguous_header"},
        {"long line", get("/" + std::string(9000, 'a')), 414, "uri_too_long"},
        {"endless line", "GET /" + std::string(20000, 'a'), 414, "uri_too_long"},
        {"large headers", get("/filter/", "A: " + std::string(17000, 'a') + "\r\n"), 431, "headers_too_large"},
        {"many headers", get("/filter/", many_headers), 431, "too_many_headers"},
        {"large body", json_post(std::string(70000, ' ')), 413, "body_too_large"},
        {"no type", "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported_media_type"},
        {"encoding",
         "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415, "unsupported_encoding"},
        {"empty body", json_post(""), 400, "invalid_json"},
        {"unknown field", json_post(R"({"text":"a","tier":"pro"})"), 422, R"("field":"tier","code":"unknown_field")"},
        {"coercion", json_post(R"({"text":"a","times":2.0})"), 422, R"("field":"times","code":"wrong_type")"},
        {"range", json_post(R"({"text":"a","times":9})"), 422, "out_of_range"},
        {"query range", get("/filter/?limit=0"), 422, R"("field":"limit")"},
        {"query text", get("/filter/?limit=ten"), 422, "wrong_type"},
        {"query repeated", get("/filter/?limit=1&limit=2"), 400, "repeated_parameter"},
        {"query escape", get("/filter/?q=%zz"), 400, "invalid_query"},
        {"no token", "POST /mine/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 401, "token_missing"},
        {"bad token", "POST /mine/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer bad\r\nContent-Length: 0\r\n\r\n", 401,
         "token_invalid"},
        {"accident", get("/breaks/"), 500, "internal_error"},
    };
    for (auto const& [name, request, status, part] : cases) {
        auto answer = ask(request);
        EXPECT_EQ(answer.status, status) << name << "\n" << answer.body;
        EXPECT_NE((answer.body + answer.head).find(part), std::string::npos) << name << "\n" << answer.body;
        EXPECT_EQ(answer.body.find("secret-detail"), std::string::npos) << name;
        if (status >= 400) EXPECT_EQ(answer.header("content-type"), "application/problem+json") << name;
        if (status == 401) EXPECT_EQ(answer.header("www-authenticate"), "Bearer") << name;
    }
}

TEST_F(ServerTest, logs_an_accident_under_the_id_that_its_answer_names)
{
    ::testing::internal::CaptureStderr();
    auto const answer = ask(get("/breaks/"));
    ops::flush_log();
    auto const log = ::testing::internal::GetCapturedStderr();
    auto const id = answer.header("x-request-id");
    ASSERT_FALSE(id.empty());
    EXPECT_NE(answer.body.find(R"("request_id":")" + id), std::string::npos) << answer.body;
    auto const line = log.substr(0, log.find('\n', log.find("request_failed")));
    EXPECT_NE(line.find(id, line.rfind('\n') + 1), std::string::npos) << log;
    EXPECT_NE(log.find("secret-detail"), std::string::npos) << log;
}

TEST_F(ServerTest, closes_after_framing_that_cannot_be_trusted)
{
    RawClient client(server_->port());
    auto answer = client.ask("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                             get("/filter/"));
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.is_closed()); // The smuggled GET was not answered.
}

TEST_F(ServerTest, answers_pipelined_requests_in_order)
{
    RawClient client(server_->port());
    client.send(get("/rooms/1/") + get("/rooms/2/") + get("/rooms/3/"));
    for (auto wanted : {"\"1\"", "\"2\"", "\"3\""}) EXPECT_NE(client.read().body.find(wanted), std::string::npos);
}

TEST_F(ServerTest, takes_a_request_cut_at_every_byte)
{
    std::string request = "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
                          R"({"text":"hi"})";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        RawClient client(server_->port());
        client.send(request.substr(0, cut));
        client.send(request.substr(cut));
        EXPECT_EQ(client.read().status, 200) << cut;
    }
}

TEST_F(ServerTest, names_requests_that_it_cannot_read)
{
    auto answer = ask("GET /filter/ HTTP/1.1\r\n\r\n");
    EXPECT_EQ(answer.header("x-request-id").size(), 16u);
    EXPECT_NE(answer.body.find(R"("request_id":")" + answer.header("x-request-id")), std::string::npos);
}

TEST_F(ServerTest, answers_head_without_a_body)
{
    RawClient client(server_->port());
    client.send("HEAD /filter/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    auto answer = client.read(false);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-length"), "21");
    EXPECT_EQ(client.ask(get("/rooms/5/")).status, 200); // Nothing of a body stood in between.
}

TEST_F(ServerTest, keeps_a_given_request_id_and_refuses_an_ugly_one)
{
    EXPECT_EQ(ask(get("/nope/", "X-Request-ID: abc-1\r\n")).header("x-request-id"), "abc-1");
    EXPECT_NE(ask(get("/nope/", "X-Request-ID: a b\r\n")).header("x-request-id"), "a b");
    EXPECT_NE(ask(get("/nope/", "X-Request-ID: abc-1\r\n")).body.find(R"("request_id":"abc-1")"), std::string::npos);
}

TEST_F(ServerTest, streams_events_and_keeps_the_connection)
{
    RawClient client(server_->port());
    auto answer = client.ask(get("/events/"));
    EXPECT_EQ(answer.header("content-type"), "text/event-stream");
    EXPECT_EQ(answer.header("x-accel-buffering"), "no");
    EXPECT_EQ(answer.body, "event: n\nid: 1\ndata: {}\n\nevent: n\nid: 2\ndata: {}\n\nevent: n\nid: 3\ndata: {}\n\n");
    EXPECT_EQ(client.ask(get("/rooms/5/")).status, 200);
}

TEST_F(ServerTest, answers_rate_limits_with_the_drafts_headers)
{
    http::ServerOptions options;
    options.rate_limits = true;
    options.rate_rules = limits::built_in_rate_rules();
    options.rate_rules.otp.per_address = limits::RateRule{2, std::chrono::seconds(3600)};
    start(std::move(options));
    EXPECT_EQ(post("/limited/", R"({"text":"a"})").status, 200);
    EXPECT_EQ(post("/limited/", R"({"text":"a"})").status, 200);
    auto answer = post("/limited/", R"({"text":"a"})");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("ratelimit-policy"), "\"otp\";q=2;w=3600");
    EXPECT_TRUE(answer.header("ratelimit").starts_with("\"otp\";r=0;t="));
    EXPECT_GE(std::stoi(answer.header("retry-after")), 1);
}

TEST_F(ServerTest, says_what_is_left_with_every_answer_that_was_counted)
{
    http::ServerOptions options;
    options.rate_limits = true;
    options.rate_rules.read.per_user = limits::RateRule{10, std::chrono::seconds(60)};
    options.rate_rules.read.per_address = limits::RateRule{100, std::chrono::seconds(60)};
    options.rate_rules.plan = limits::RateRule{3, std::chrono::seconds(60)};
    start(std::move(options));
    std::string const token = "Authorization: Bearer good\r\n";
    auto mine = [&] { return post("/mine/", R"({"text":"a"})", "Content-Type: application/json\r\n" + token); };

    auto answer = mine();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("ratelimit-policy"), R"("read";q=10;w=60, "plan";q=3;w=60)");
    EXPECT_EQ(answer.header("ratelimit"), R"("read";r=9;t=6, "plan";r=2;t=20)");
    // Streams are not counted by plan; their own class says what is left.
    answer = ask(get("/my-events/", token));
    EXPECT_EQ(answer.header("ratelimit-policy"), R"("read";q=10;w=60)");
    // Where only the address counts, it is told of.
    EXPECT_EQ(ask(get("/rooms/5/")).header("ratelimit-policy"), R"("read_address";q=100;w=60)");
    // Refusals of the handler say it, too.
    EXPECT_EQ(ask(get("/rooms/x/")).header("ratelimit-policy"), R"("read_address";q=100;w=60)");

    EXPECT_EQ(mine().status, 200);
    EXPECT_TRUE(mine().header("ratelimit").find(R"("plan";r=0;)") != std::string::npos);
    answer = mine();
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("ratelimit-policy"), R"("plan";q=3;w=60)") << "only what refused";
    EXPECT_EQ(answer.header("retry-after"), "20");
}

TEST_F(ServerTest, says_nothing_of_limits_where_nothing_is_counted)
{
    EXPECT_EQ(ask(get("/rooms/5/")).header("ratelimit"), "");
}

TEST_F(ServerTest, an_error_has_its_own_members_beside_the_usual_ones)
{
    auto const answer = ask(get("/used-up/", "X-Request-ID: abc-1\r\n"));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_TRUE(answer.body.ends_with(R"("code":"used_up","request_id":"abc-1","upgrade":{"plans":"/plans/"}})")) << answer.body;
}

TEST_F(ServerTest, what_may_be_kept_says_for_how_long)
{
    EXPECT_EQ(ask(get("/kept/")).header("cache-control"), "public, max-age=60");
    EXPECT_EQ(ask(get("/rooms/5/")).header("cache-control"), "no-store");
}

TEST_F(ServerTest, a_user_over_their_limit_takes_nothing_from_their_address)
{
    http::ServerOptions options;
    options.rate_limits = true;
    options.rate_rules.read.per_user = limits::RateRule{2, std::chrono::seconds(3600)};
    options.rate_rules.read.per_address = limits::RateRule{3, std::chrono::seconds(3600)};
    start(std::move(options));
    auto mine = [&](std::string const& token) {
        return post("/mine/", R"({"text":"a"})", "Content-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n");
    };
    for (int count = 0; count < 6; ++count) {
        auto const answer = mine("good");
        EXPECT_EQ(answer.status, count < 2 ? 200 : 429);
        if (count >= 2) EXPECT_EQ(answer.header("ratelimit-policy"), "\"read\";q=2;w=3600");
    }
    EXPECT_EQ(mine("neighbour").status, 200);
    EXPECT_EQ(mine("neighbour").header("ratelimit-policy"), "\"read_address\";q=3;w=3600");
}

TEST_F(ServerTest, answers_cors_for_listed_origins_only)
{
    http::ServerOptions options;
    options.cors.origins = {"https://chat.example.com"};
    start(std::move(options));
    std::string preflight = "OPTIONS /echo/ HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\nOrigin: ";
    auto answer = ask(preflight + "https://chat.example.com\r\n\r\n");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("access-control-allow-origin"), "https://chat.example.com");
    EXPECT_NE(answer.header("access-control-allow-methods").find("POST"), std::string::npos);
    for (auto origin : {"https://evil.test", "null", "https://chat.example.com.evil.test", "http://chat.example.com"}) {
        EXPECT_EQ(ask(preflight + origin + "\r\n\r\n").header("access-control-allow-origin"), "") << origin;
    }
}

TEST_F(ServerTest, debug_answers_local_requests_only)
{
    http::ServerOptions options;
    options.debug = true;
    options.debug_networks = http::Networks({"127.0.0.0/8"});
    options.allowed_hosts = {"*"};
    start(std::move(options));
    EXPECT_EQ(ask(get("/rooms/1/")).status, 200);
    std::vector<std::string> const remote = {
        "GET /rooms/1/ HTTP/1.1\r\nHost: pollux.example.com\r\n\r\n",
        "GET /rooms/1/ HTTP/1.0\r\nHost: localhost\r\n\r\n",
        get("/rooms/1/", "X-Forwarded-For: 127.0.0.1\r\n"),
        get("/rooms/1/", "Forwarded: for=127.0.0.1\r\n"),
        get("/rooms/1/", "Via: 1.1 proxy\r\n"),
    };
    for (auto const& request : remote) {
        auto answer = ask(request);
        EXPECT_EQ(answer.status, 403) << request;
        EXPECT_NE(answer.body.find("debug_is_local"), std::string::npos);
    }
}

TEST_F(ServerTest, ends_idle_connections_at_the_stop)
{
    RawClient client(server_->port());
    EXPECT_EQ(client.ask(get("/rooms/5/")).status, 200);
    server_->stop_accepting();
    EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, knows_when_its_port_is_taken)
{
    http::ServerOptions options;
    options.port = server_->port();
    net::Runtime runtime(1);
    http::Server second(runtime, router_, limiter_, nullptr, std::move(options));
    EXPECT_THROW(second.listen(), std::exception);
}

} // namespace
} // namespace pollux
