#include "http/peer.hpp"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

bool holds(std::string const& network, char const* address)
{
    return Networks({network}).contains(asio::ip::make_address(address));
}

TEST(Networks, holds_addresses_in_every_form_they_come_in)
{
    EXPECT_TRUE(holds("10.0.0.0/8", "10.1.2.3"));
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(holds("::ffff:10.0.0.1", "10.0.0.1"));
    EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.200.0.1"));
    EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:1::5"));
    EXPECT_TRUE(holds("fe80::/64", "fe80::1%1"));
}

TEST(Networks, holds_nothing_else)
{
    EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
    EXPECT_FALSE(holds("::ffff:10.0.0.1", "10.0.0.2"));
    EXPECT_FALSE(holds("::ffff:10.0.0.0/104", "11.0.0.1"));
    EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::1"));
    EXPECT_FALSE(holds("::/0", "10.0.0.1"));
}

TrustedProxies const one_proxy{.networks = Networks({"10.0.0.0/8"})};

std::string behind(std::string_view forwarded_for, TrustedProxies const& trusted = one_proxy)
{
    return peer_of(client_behind(asio::ip::make_address("10.0.0.1"), forwarded_for, trusted)).address;
}

TEST(ClientBehind, every_form_that_proxies_write_is_read)
{
    for (auto const* entry : {"203.0.113.9", "203.0.113.9:40001", "\"203.0.113.9:40001\"", "for=203.0.113.9", "For=\"203.0.113.9\"",
                              " 203.0.113.9 ", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:1", "198.51.100.1, 203.0.113.9:80",
                              "203.0.113.9, 10.0.0.7:443", "unknown, 203.0.113.9"}) {
        EXPECT_EQ(behind(entry), "203.0.113.9") << entry;
    }
    for (auto const* entry : {"2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443", "\"[2001:db8::7]:443\"", "for=\"[2001:db8::7]\"",
                              "[2001:db8::7%1]:443", "2001:db8:0:0:0:0:0:7:443"}) {
        EXPECT_EQ(behind(entry), "2001:db8::7") << entry;
    }
}

TEST(ClientBehind, what_cannot_be_read_is_neither_the_proxy_nor_somebody_else)
{
    for (auto const* entry : {"unknown", "_hidden", "203.0.113.9:x", "203.0.113.9:123456", "[203.0.113.9]", "[2001:db8::7",
                              "[2001:db8::7]x", "203.0.113", "203.0.113.9 203.0.113.8", "-", "client.example.com", ""}) {
        auto const client = client_behind(asio::ip::make_address("10.0.0.1"), std::string("198.51.100.1, ") + entry, one_proxy);
        EXPECT_FALSE(client.name.empty()) << entry;
        EXPECT_NE(peer_of(client).limit_prefix, peer_of(asio::ip::make_address("10.0.0.1")).limit_prefix) << entry;
    }
    EXPECT_NE(behind("_a"), behind("_b"));
    EXPECT_EQ(behind(std::string(300, 'x')).size(), 64u);
    EXPECT_EQ(behind("a\x01\xFF"), "a??");
}

TEST(ClientBehind, only_a_trusted_proxy_is_believed)
{
    EXPECT_EQ(behind("203.0.113.9", {}), "10.0.0.1");
    EXPECT_EQ(behind("unknown", {}), "10.0.0.1");
    EXPECT_EQ(behind("1.1.1.1, 203.0.113.9:1, 10.0.0.2"), "203.0.113.9");
    EXPECT_EQ(behind("1.1.1.1, 203.0.113.9", {.hops = 1}), "203.0.113.9");
    EXPECT_EQ(behind("1.1.1.1, [2001:db8::7]:1, 203.0.113.9", {.hops = 2}), "2001:db8::7");
}

} // namespace
} // namespace pollux::http
