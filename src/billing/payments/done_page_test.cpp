#include "billing/payments/done_page.hpp"

#include "billing/payments/payments_routes.hpp"
#include "http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace pollux::billing {
namespace {

std::string shown(std::string_view query)
{
    PaymentsApi api;
    http::Router router;
    add_done_page(router, api);
    http::Request request;
    request.parameters = *http::parse_query(query);
    asio::io_context context;
    auto answer = asio::co_spawn(context, router.find("GET", "/subscription/done/").route->handler(request), asio::use_future);
    context.run();
    return answer.get().value().body;
}

TEST(DonePage, thanks_who_comes_from_a_checkout_and_claims_nothing)
{
    auto const page = shown("session_id=cs_demo_1");
    EXPECT_NE(page.find("Your payment is being confirmed"), std::string::npos);
    EXPECT_EQ(page.find("cs_demo_1"), std::string::npos);
    EXPECT_EQ(page.find("Pro"), std::string::npos);
}

TEST(DonePage, speaks_of_no_payment_to_who_comes_from_elsewhere)
{
    auto const page = shown("utm_source=mail");
    EXPECT_NE(page.find("You can go back to the app"), std::string::npos);
    EXPECT_EQ(page.find("ayment"), std::string::npos);
}

} // namespace
} // namespace pollux::billing
