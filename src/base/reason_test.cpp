#include "base/reason.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace pollux {
namespace {

using boost::asio::ip::tcp;

TEST(Reason, is_the_systems_message_alone)
{
    boost::asio::io_context io;
    tcp::acceptor first(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0), false);
    try {
        tcp::acceptor second(io, first.local_endpoint(), false);
        FAIL() << "the port is taken";
    } catch (std::exception const& taken) {
        EXPECT_EQ(reason_of(taken), "Address already in use");
        EXPECT_STREQ(taken.what(), "bind: Address already in use [system:98]") << "and not where in the library";
    }
}

TEST(Reason, of_a_result_without_a_value_names_no_source)
{
    boost::system::result<int> const nothing = boost::asio::error::make_error_code(boost::asio::error::eof);
    try {
        nothing.value();
        FAIL() << "there is no value";
    } catch (std::exception const& thrown) {
        EXPECT_EQ(std::string(thrown.what()).find(".hpp"), std::string::npos) << thrown.what();
        EXPECT_EQ(reason_of(thrown), "End of file");
    }
}

TEST(Reason, is_what_other_exceptions_say)
{
    EXPECT_EQ(reason_of(std::runtime_error("the disk is full")), "the disk is full");
}

} // namespace
} // namespace pollux
