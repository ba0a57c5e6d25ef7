#include "billing/payments/return_urls.hpp"

#include <gtest/gtest.h>

namespace pollux::billing {
namespace {

ReturnUrls const production{"https://chat.example.com/app", {"https://shop.example.com", "https://dev.example.com:8443", "*"}, false};

bool is_allowed(std::string_view url, ReturnUrls const& allowed = production)
{
    return check_return_url(allowed, url).has_value();
}

TEST(ReturnUrls, lie_below_the_public_url)
{
    for (auto const* url : {"https://chat.example.com/app", "https://chat.example.com/app/", "https://chat.example.com/app/done?x=1#y",
                            "https://CHAT.example.com/app/done", "https://chat.example.com:443/app/done"}) {
        EXPECT_TRUE(is_allowed(url)) << url;
    }
    for (auto const* url : {"https://chat.example.com/", "https://chat.example.com/apple", "http://chat.example.com/app",
                            "https://chat.example.com:8443/app", "https://chat.example.com/app/../admin",
                            "https://chat.example.com/app/%2e%2e/admin", "https://chat.example.com/app/.%2e/admin"}) {
        EXPECT_FALSE(is_allowed(url)) << url;
    }
}

TEST(ReturnUrls, or_have_an_origin_that_is_listed_by_name)
{
    EXPECT_TRUE(is_allowed("https://shop.example.com/anything"));
    EXPECT_TRUE(is_allowed("https://dev.example.com:8443/"));
    for (auto const* url : {"https://shop.example.com:8443/", "https://dev.example.com/", "https://shop.example.com.evil.example/",
                            "https://evil.example/shop.example.com", "http://shop.example.com/"}) {
        EXPECT_FALSE(is_allowed(url)) << url;
    }
}

TEST(ReturnUrls, that_are_refused_name_the_settings)
{
    auto const refused = check_return_url(production, "https://evil.example/");
    EXPECT_EQ(refused.error().fields().at(0).detail,
              "A return_url lies below PUBLIC_URL, or has an origin that CORS_ALLOWED_ORIGINS lists by name.");
}

TEST(ReturnUrls, are_whole_web_urls_and_nothing_else)
{
    for (auto const* url :
         {"", "/app/done", "javascript:alert(1)", "//chat.example.com/app", "https:///app", "https://chat.example.com\\@evil.example/app",
          "https://user@chat.example.com/app", "https://chat.example.com@evil.example/app", "ftp://chat.example.com/app",
          "https://chat.example.com/app\r\nX: y", " https://chat.example.com/app"}) {
        EXPECT_FALSE(is_allowed(url)) << url;
    }
    EXPECT_FALSE(is_allowed("https://chat.example.com/app/" + std::string(return_url_bytes_max, 'x')));
}

TEST(ReturnUrls, on_this_machine_are_for_debug)
{
    for (auto const* url : {"http://localhost:5173/done", "http://127.0.0.1:3000/", "http://[::1]:3000/"}) {
        EXPECT_FALSE(is_allowed(url)) << url;
        EXPECT_TRUE(is_allowed(url, {{}, {}, true})) << url;
    }
    for (auto const* url :
         {"http://localhost.evil.example/", "http://localhost:65536/", "http://localhost:0/", "http://127.0.0.1:99999999999/"})
        EXPECT_FALSE(is_allowed(url, {{}, {}, true})) << url;
    EXPECT_TRUE(is_allowed("http://localhost:65535/", {{}, {}, true}));
    EXPECT_TRUE(is_allowed("http://localhost:/", {{}, {}, true}));
}

TEST(ReturnUrls, get_one_more_parameter)
{
    EXPECT_EQ(with_parameter("https://a.example/x", "p=1"), "https://a.example/x?p=1");
    EXPECT_EQ(with_parameter("https://a.example/x?y=2#z", "p={ID}"), "https://a.example/x?y=2&p={ID}#z");
}

} // namespace
} // namespace pollux::billing
