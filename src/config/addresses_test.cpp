#include "config/addresses.hpp"

#include <gtest/gtest.h>

namespace pollux::config {
namespace {

std::string web_url(std::string_view text)
{
    auto const url = parse_web_url(text);
    return url ? url->text() : "";
}

TEST(Addresses, a_web_url_is_made_plain)
{
    struct Case {
        std::string_view given;
        std::string_view plain;
    };
    for (auto const& [given, plain] : {
             Case{"https://g.example.com", "https://g.example.com"},
             Case{"HTTPS://G.Example.COM:443/", "https://g.example.com"},
             Case{"http://x:80/a", "http://x/a"},
             Case{"http://x:443", "http://x:443"},
             Case{"https://x:08443/A/b//", "https://x:8443/A/b"},
             Case{"http://[2001:DB8::7]:8000/p", "http://[2001:db8::7]:8000/p"},
             Case{"http://[::1]", "http://[::1]"},
             Case{"http://127.0.0.1:9000/proxy", "http://127.0.0.1:9000/proxy"},
             Case{"https://my_host/a%20b/%C3%BC;v=1", "https://my_host/a%20b/%C3%BC;v=1"},
         }) {
        EXPECT_EQ(web_url(given), plain) << given;
    }
}

TEST(Addresses, a_web_url_has_a_host_a_right_port_and_nothing_else)
{
    for (auto const* text : {"",
                             "x",
                             "//x",
                             "ftp://x",
                             "http:x",
                             "http:///x",
                             "http://",
                             "http://:80",
                             "http://x:",
                             "http://x:0",
                             "http://x:65536",
                             "http://x:8o",
                             "http://x:-1",
                             "http://u@x",
                             "http://u:p@x",
                             "http://:p@x",
                             "http://@x",
                             "http://x?a",
                             "http://x/?",
                             "http://x#a",
                             "http://x/#",
                             "http://x y",
                             "http://x/a b",
                             "http://x/\"",
                             "http://x/%zz",
                             "http://h%C3%B6st",
                             "http://h\xC3\xB6st",
                             "http://x/\xC3\xBC",
                             "http://-x",
                             "http://.x",
                             "http://[::1",
                             "http://[127.0.0.1]",
                             "http://[fe80::1%25eth0]",
                             "http://[fe80::1%eth0]",
                             "http://[v1.x]",
                             "http://::1"}) {
        EXPECT_EQ(web_url(text), "") << text;
    }
}

TEST(Addresses, an_origin_is_of_the_web_or_of_an_app)
{
    struct Case {
        std::string_view given;
        std::string_view origin;
    };
    for (auto const& [given, origin] : {
             Case{"https://Chat.example.com", "https://chat.example.com"},
             Case{"https://chat.example.com:443/", "https://chat.example.com"},
             Case{"HTTP://[::1]:5173", "http://[::1]:5173"},
             Case{"capacitor://localhost", "capacitor://localhost"},
             Case{"App+1.x://Host:81", "app+1.x://host:81"},
             Case{"app://[::1]:0", "app://[::1]:0"},
         }) {
        EXPECT_EQ(parse_origin(given), origin) << given;
    }
    for (auto const* text : {"", "null", "chat.example.com", "https://x/y", "https://x:0", "https://u@x", "capacitor://localhost/",
                             "capacitor://localhost?a", "capacitor://localhost#a", "capacitor://u@localhost", "capacitor://localhost:",
                             "capacitor://localhost:x", "file://", "file:///x", "1app://x", "app:x", "app://h\xC3\xB6st"}) {
        EXPECT_FALSE(parse_origin(text)) << text;
    }
}

TEST(Addresses, an_endpoint_is_an_address_and_a_port)
{
    struct Case {
        std::string_view given;
        std::string_view shown;
    };
    for (auto const& [given, shown] : {
             Case{"127.0.0.1:8000", "127.0.0.1:8000"},
             Case{"LocalHost:0", "127.0.0.1:0"},
             Case{":8000", "0.0.0.0:8000"},
             Case{"[::1]:65535", "[::1]:65535"},
             Case{"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1"},
         }) {
        auto const endpoint = parse_endpoint(given);
        ASSERT_TRUE(endpoint) << given;
        EXPECT_EQ(to_text(*endpoint), shown);
    }
    for (auto const* text : {"", "8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80/", "x.example.com:80",
                             "127.1:80", "127.0.0.01:80", "::1:80", "[::1]", "[::1]80", "[fe80::1%eth0]:80", "u@127.0.0.1:80", "@:80",
                             "localhost.:80", "http://127.0.0.1:80"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

TEST(Addresses, a_host_has_no_port)
{
    auto const host = [](std::string_view text) {
        auto const parsed = parse_host(text);
        auto const* name = std::get_if<std::string>(&parsed);
        return name ? *name : std::get<HostFault>(parsed) == HostFault::has_port ? "has a port" : "";
    };
    EXPECT_EQ(host("Chat.Example.com"), "chat.example.com");
    EXPECT_EQ(host("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(host("[::1]"), "[::1]");
    for (auto const* text : {"x:80", "x:", "[::1]:80"}) EXPECT_EQ(host(text), "has a port") << text;
    for (auto const* text : {"", "::1", "https://x", "x/y", "u@x", "h\xC3\xB6st", ".x", "*.x", "x y"}) EXPECT_EQ(host(text), "") << text;
}

} // namespace
} // namespace pollux::config
