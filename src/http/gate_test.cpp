#include "http/gate.hpp"

#include <boost/beast/http/fields.hpp>
#include <gtest/gtest.h>

namespace pollux::http {
namespace {

using Given = std::vector<std::pair<std::string, std::string>>;

class Asked {
public:
    explicit Asked(Given const& headers) : fields_(inner_)
    {
        for (auto const& [name, value] : headers) inner_.insert(name, value);
        request.fields = &fields_;
        request.same_origin = is_same_origin(request);
    }

    Request request;

private:
    boost::beast::http::fields inner_;
    HeaderFields fields_;
};

TEST(Gate, any_header_of_a_proxy_counts_and_nothing_else_does)
{
    for (auto const* name : {"Forwarded",
                             "Via",
                             "X-Forwarded-For",
                             "X-Forwarded-Port",
                             "X-Forwarded-Server",
                             "X-Forwarded-Prefix",
                             "X-Forwarded-Scheme",
                             "X-Forwarded-Something-New",
                             "X-Real-IP",
                             "True-Client-IP",
                             "CF-Connecting-IP",
                             "CF-Ray",
                             "CF-IPCountry",
                             "CF-Visitor",
                             "Fly-Client-IP",
                             "Fly-Forwarded-Port",
                             "Fastly-Client-IP",
                             "X-Client-IP",
                             "X-Cluster-Client-IP",
                             "X-Original-Forwarded-For",
                             "X-Original-Host",
                             "X-Vercel-Forwarded-For",
                             "X-Azure-ClientIP",
                             "X-Amzn-Trace-Id",
                             "X-Envoy-External-Address",
                             "X-ProxyUser-Ip",
                             "CDN-Loop",
                             "X-Scheme",
                             "Front-End-Https",
                             "WL-Proxy-Client-IP",
                             "X-Remote-IP",
                             "X-Appengine-User-IP",
                             "X-Cloud-Trace-Context"}) {
        boost::beast::http::fields fields;
        fields.insert(name, "x");
        EXPECT_TRUE(has_forwarding_header(HeaderFields(fields))) << name;
    }
    boost::beast::http::fields plain;
    for (auto const* name :
         {"Host",      "Accept",      "Authorization",   "Content-Type",  "Content-Length",   "User-Agent",      "Origin",
          "Referer",   "Cookie",      "Idempotency-Key", "Last-Event-ID", "X-Request-ID",     "X-Pollux-Client", "Sec-Fetch-Site",
          "Sec-CH-UA", "traceparent", "baggage",         "sentry-trace",  "X-Requested-With", "Connection",      "Cache-Control",
          "DNT"}) {
        plain.insert(name, "x");
    }
    EXPECT_FALSE(has_forwarding_header(HeaderFields(plain)));
}

std::string allowed_for(std::string const& origin, std::string const& asked)
{
    CorsOptions const options{.origins = {"https://app.example.com", "capacitor://localhost"}};
    Asked const preflight({{"Host", "api.example.com"},
                           {"Origin", origin},
                           {"Access-Control-Request-Method", "POST"},
                           {"Access-Control-Request-Headers", asked}});
    for (auto const& [name, value] : preflight_headers(preflight.request, options, "GET")) {
        if (name == "Access-Control-Allow-Headers") return value;
    }
    return "";
}

TEST(Gate, an_allowed_origin_may_send_the_plain_headers_it_asks_for)
{
    auto const allowed = allowed_for("https://app.example.com", "authorization,baggage, sentry-trace ,traceparent");
    for (auto const* name : {"Authorization", "Content-Type", "baggage", "sentry-trace", "traceparent"}) {
        EXPECT_NE(allowed.find(name), std::string::npos) << name;
    }
    EXPECT_NE(allowed_for("capacitor://localhost", "x-app").find("x-app"), std::string::npos);
    EXPECT_EQ(allowed_for("https://evil.example.com", "baggage"), "");
}

TEST(Gate, what_is_no_name_of_a_header_is_not_repeated)
{
    auto const allowed = allowed_for("https://app.example.com", "a b, c:d, \"e\", (f), , good, *\x7F");
    for (auto const* bad : {"a b", "c:d", "e\"", "(f)", ", ,"}) EXPECT_EQ(allowed.find(bad), std::string::npos) << bad;
    EXPECT_NE(allowed.find(", good"), std::string::npos);
    std::string many;
    for (int count = 0; count < 1'000; ++count) many += "h" + std::to_string(count) + ",";
    EXPECT_LT(allowed_for("https://app.example.com", many).size(), 1'000u);
}

struct Page {
    Given headers;
    bool is_same = false;
    bool is_known = false;
};

TEST(Gate, knows_pages_that_are_near_or_listed)
{
    CorsOptions const options{.origins = {"https://app.example.com", "tauri://localhost"}, .allow_all = true};
    std::vector<Page> const pages = {
        {{}, true, true},
        {{{"Origin", "http://localhost:8000"}}, true, true},
        {{{"Origin", "HTTPS://LOCALHOST:8000"}}, true, true},
        {{{"Origin", "http://localhost:5173"}}, false, true},
        {{{"Origin", "http://localhost:5173"}, {"Sec-Fetch-Site", "cross-site"}}, false, true},
        {{{"Origin", "http://127.0.0.2:3000"}}, false, true},
        {{{"Origin", "http://[::1]:3000"}}, false, true},
        {{{"Origin", "http://app.localhost"}}, false, true},
        {{{"Origin", "https://app.example.com"}}, false, true},
        {{{"Origin", "tauri://localhost"}}, false, true},
        {{{"Origin", "capacitor://localhost:8000"}}, false, false},
        {{{"Origin", "https://evil.example.com"}}, false, false},
        {{{"Origin", "http://localhost.example.com"}}, false, false},
        {{{"Origin", "http://127.0.0.1.example.com"}}, false, false},
        {{{"Origin", "http://192.168.1.5"}}, false, false},
        {{{"Origin", "http://localhost:8000/"}}, false, false},
        {{{"Origin", "http://localhost:8000?a"}}, false, false},
        {{{"Origin", "http://me@localhost:8000"}}, false, false},
        {{{"Origin", "http://localhost:8000@evil.example.com"}}, false, false},
        {{{"Origin", "null"}}, false, false},
        {{{"Origin", "file://"}}, false, false},
        {{{"Sec-Fetch-Site", "cross-site"}}, false, false},
        {{{"Sec-Fetch-Site", "same-site"}}, true, true},
    };
    for (auto const& page : pages) {
        auto headers = page.headers;
        headers.emplace_back("Host", "localhost:8000");
        Asked const asked(headers);
        std::string const which = page.headers.empty() ? "no origin" : page.headers.front().second;
        EXPECT_EQ(asked.request.same_origin, page.is_same) << which;
        EXPECT_EQ(is_known_origin(asked.request, options), page.is_known) << which;
    }
}

TEST(Gate, host_names_are_compared_without_port_case_and_last_dot)
{
    EXPECT_EQ(host_name("Chat.Example.COM:8443"), "chat.example.com");
    EXPECT_EQ(host_name("localhost."), "localhost");
    EXPECT_EQ(host_name("[::1]:80"), "[::1]");
    EXPECT_EQ(host_name("localhost:"), "localhost");
    EXPECT_EQ(host_name("my_host"), "my_host");
    for (auto const* none : {"", ":80", "me@localhost", "localhost:x", "localhost:80:80", "::1", "[::1", "local host", "localhost/",
                             "http://x", "h\xC3\xB6st"}) {
        EXPECT_EQ(host_name(none), "") << none;
    }
    EXPECT_TRUE(is_allowed_host("a.example.com:80", {".example.com"}));
    EXPECT_FALSE(is_allowed_host("me@a.example.com", {".example.com"}));
    EXPECT_TRUE(is_allowed_host("local host", {"*"}));
    EXPECT_TRUE(is_allowed_host("example.com", {".example.com"}));
    EXPECT_FALSE(is_allowed_host("badexample.com", {".example.com"}));
    EXPECT_FALSE(is_allowed_host("", {"localhost"}));
}

} // namespace
} // namespace pollux::http
