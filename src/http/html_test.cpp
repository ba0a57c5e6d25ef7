#include "http/html.hpp"

#include "base/secrets.hpp"
#include "http/openapi.hpp"
#include "http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace pollux::http {
namespace {

struct Desk {
    bool is_done = false;
    std::string next = "https://app.example.com/back?a=1";
};

asio::awaitable<Result<Html>> show(Desk&, Request const& request)
{
    auto id = request.path_word("paper");
    if (!id) co_return id.error();
    co_return Html{"Paper <" + *id + ">", "<h1>" + html_text(*id) + "</h1>", {}};
}

asio::awaitable<Result<HtmlOrSeeOther>> sign(Desk& desk, Request const&, RawBody)
{
    if (!desk.is_done) co_return Html{"Not yet", "<p>Not yet.</p>", {desk.next}};
    co_return SeeOther{desk.next};
}

class HtmlTest : public testing::Test {
protected:
    HtmlTest()
    {
        router.get("/papers/{paper}/", show, desk, {.id = "showPaper", .access = Access::open});
        router.post("/papers/{paper}/", sign, desk,
                    {.id = "signPaper", .summary = "Sign a paper", .access = Access::open, .errors = {"paper_torn"}});
    }

    Result<Response> call(std::string_view method, std::string_view path)
    {
        auto const place = router.find(method, path);
        Request request;
        request.path = path;
        request.path_parameters = place.parameters;
        asio::io_context context;
        auto answer = asio::co_spawn(context, place.route->handler(request), asio::use_future);
        context.run();
        return answer.get();
    }

    static std::string header(Response const& response, std::string_view wanted)
    {
        for (auto const& [name, value] : response.headers) {
            if (name == wanted) return value;
        }
        return {};
    }

    Desk desk;
    Router router;
};

TEST_F(HtmlTest, is_a_whole_page_under_a_policy_that_lets_it_load_nothing)
{
    auto const response = call("GET", "/papers/p_1/").value();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(response.body.find("<!doctype html>"), 0u);
    EXPECT_NE(response.body.find("<title>Paper &lt;p_1&gt;</title>"), std::string::npos);
    EXPECT_NE(response.body.find("<h1>p_1</h1>"), std::string::npos);
    for (auto const* what : {"<script", "src=", "style=", "onclick", "http:", "https:"}) {
        EXPECT_EQ(response.body.find(what), std::string::npos) << what;
    }
    auto const policy = header(response, "Content-Security-Policy");
    EXPECT_EQ(policy.find("default-src 'none'; style-src 'sha256-"), 0u) << policy;
    EXPECT_NE(policy.find("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), std::string::npos) << policy;
    EXPECT_EQ(header(response, "Referrer-Policy"), "same-origin");
}

TEST_F(HtmlTest, the_policy_names_the_hash_of_the_very_style)
{
    auto const response = call("GET", "/papers/p_1/").value();
    auto const begin = response.body.find("<style>") + 7;
    auto const style = response.body.substr(begin, response.body.find("</style>") - begin);
    auto const policy = header(response, "Content-Security-Policy");
    auto const from = policy.find("sha256-") + 7;
    auto hash = policy.substr(from, policy.find('\'', from) - from);
    ASSERT_EQ(hash.size(), 44u);
    EXPECT_EQ(hash.back(), '=');
    hash.pop_back();
    for (char& letter : hash) {
        if (letter == '+') letter = '-';
        if (letter == '/') letter = '_';
    }
    EXPECT_EQ(hash, to_base64url(sha256(style)));
}

TEST_F(HtmlTest, a_form_may_lead_to_where_its_page_says)
{
    auto const response = call("POST", "/papers/p_1/").value();
    EXPECT_NE(header(response, "Content-Security-Policy").find("form-action 'self' https://app.example.com; base-uri"), std::string::npos);
    desk.next = "javascript:alert(1)";
    auto const odd = call("POST", "/papers/p_1/").value();
    EXPECT_NE(header(odd, "Content-Security-Policy").find("form-action 'self'; base-uri"), std::string::npos);
}

TEST_F(HtmlTest, a_redirect_goes_to_urls_and_paths_only)
{
    desk.is_done = true;
    auto const response = call("POST", "/papers/p_1/").value();
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(header(response, "Location"), "https://app.example.com/back?a=1");
    EXPECT_TRUE(response.body.empty());
    EXPECT_EQ(response.content_type, "");
    for (auto const* bad : {"https://a.example/\r\nSet-Cookie: a=1", "javascript:alert(1)", "", "//evil.example/", "/a\nb"}) {
        desk.next = bad;
        EXPECT_THROW(call("POST", "/papers/p_1/"), std::logic_error) << bad;
    }
    desk.next = "/papers/p_2/";
    EXPECT_EQ(header(call("POST", "/papers/p_1/").value(), "Location"), "/papers/p_2/");
}

TEST_F(HtmlTest, an_id_that_is_no_word_is_not_found)
{
    for (auto const* path : {"/papers/a-b/", "/papers/%41/", "/papers/\xff/", "/papers/a.b/"}) {
        auto const answer = call("GET", path);
        ASSERT_FALSE(answer) << path;
        EXPECT_EQ(answer.error().code(), "paper_not_found");
    }
    EXPECT_FALSE(call("GET", "/papers/" + std::string(101, 'a') + "/"));
    EXPECT_TRUE(call("GET", "/papers/" + std::string(100, 'a') + "/"));
}

TEST_F(HtmlTest, the_document_shows_text_html)
{
    auto const document = boost::json::parse(openapi_document(router, {.title = "t", .version = "1", .server_url = "http://localhost"}));
    auto const& shown = document.at("paths").at("/papers/{paper}").at("get").at("responses").at("200").at("content");
    EXPECT_EQ(boost::json::serialize(shown), R"({"text/html":{"schema":{"type":"string"}}})");
    auto const& signing = document.at("paths").at("/papers/{paper}").at("post").at("responses");
    EXPECT_TRUE(signing.at("303").as_object().contains("description"));
    EXPECT_EQ(document.at("paths").at("/papers/{paper}").at("post").at("description"), "Sign a paper. Codes to expect: `paper_torn`.");
    EXPECT_TRUE(signing.at("200").at("content").as_object().contains("text/html"));
}

TEST(HtmlText, is_harmless_wherever_it_stands)
{
    EXPECT_EQ(html_text(R"(<a href="x" title='y'>&amp;)"), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
    EXPECT_EQ(html_text("plain, größer"), "plain, größer");
}

} // namespace
} // namespace pollux::http
