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

} // namespace
} // namespace pollux::http
