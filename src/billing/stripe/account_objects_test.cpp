#include "billing/stripe/account_objects.hpp"

#include "base/required.hpp"
#include "billing/stripe/scripted_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace pollux::billing::stripe {
namespace {

template <class T>
T run(asio::awaitable<T> work)
{
    boost::asio::io_context io;
    auto done = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
    io.run();
    return done.get();
}

// Lists of 250 objects, called 0 to 249, of which Stripe gives a hundred at a time.
Answer page_of_250(Call const& call)
{
    constexpr int count = 250;
    constexpr int at_once = 100;
    EXPECT_EQ(ScriptedApi::parameter(call, "limit"), "100");
    auto const after = ScriptedApi::parameter(call, "starting_after");
    int const begin = after.empty() ? 0 : std::stoi(after) + 1;
    std::string items;
    for (int number = begin; number < std::min(begin + at_once, count); ++number)
        items.append(items.empty() ? "" : ",").append(R"({"id":")" + std::to_string(number) + R"(","active":true})");
    return ScriptedApi::json(R"({"object":"list","has_more":)" + std::string(begin + at_once < count ? "true" : "false") + R"(,"data":[)" +
                             items + "]}");
}

TEST(StripeAccountObjects, are_listed_to_the_last_page)
{
    ScriptedApi api;
    api.on("GET /v1/billing_portal/configurations", page_of_250);
    api.on("GET /v1/webhook_endpoints", page_of_250);
    api.on("GET /v1/prices", page_of_250);
    auto const configurations = run(portal_configurations(api, {}));
    ASSERT_EQ(required(configurations.value).size(), 250u);
    EXPECT_EQ(configurations.value->back().id, "249");
    auto const calls = api.take_calls();
    EXPECT_EQ(calls.size(), 3u);
    for (auto const& call : calls) EXPECT_NE(call.find("active=true"), std::string::npos) << "others are nobody's to open: " << call;
    EXPECT_EQ(required(run(webhook_endpoints(api, {})).value).size(), 250u);
    EXPECT_EQ(required(run(prices_by_lookup_key(api, {"a"}, {})).value).size(), 500u) << "the active ones, and the others";
}

TEST(StripeAccountObjects, a_list_that_breaks_off_is_none)
{
    ScriptedApi api;
    api.on("GET /v1/webhook_endpoints", [](Call const& call) {
        return ScriptedApi::parameter(call, "starting_after").empty() ? page_of_250(call) : ScriptedApi::silence();
    });
    EXPECT_FALSE(run(webhook_endpoints(api, {})).value) << "or what is behind would be made a second time";
}

TEST(StripeAccountObjects, an_endpoint_leads_here_however_its_url_is_written)
{
    auto const urls = webhook_urls("https://chat.example.com/base");
    for (auto const* url :
         {"https://chat.example.com/base/subscription/webhook/", "https://chat.example.com/base/subscription/webhook",
          "https://Chat.Example.com:443/base/webhook/stripe", "https://chat.example.com/base/subscriptions/webhook/stripe"})
        EXPECT_TRUE(leads_to({.url = url}, urls)) << url;
    for (auto const* url :
         {"https://chat.example.com/base/", "https://chat.example.com/subscription/webhook/",
          "http://chat.example.com/base/subscription/webhook/", "https://chat.example.com:8443/base/subscription/webhook/",
          "https://chat.example.com/Base/subscription/webhook/", "", "x"})
        EXPECT_FALSE(leads_to({.url = url}, urls)) << url;
    std::vector<WebhookEndpoint> const endpoints{
        {.id = "we_0", .url = "https://chat.example.com/base"},
        {.id = "we_1", .url = "https://chat.example.com/base/subscription/webhook"},
        {.id = "we_2", .url = "https://chat.example.com/base/webhook/stripe", .status = "enabled"}};
    auto const* found = find_endpoint(endpoints, urls);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->id, "we_2");
}

TEST(StripeAccountObjects, a_price_may_have_an_id_that_somebody_chose)
{
    ScriptedApi api;
    for (std::string const id : {"pro-monthly", "pro.v2", "Gold~1"})
        api.on("GET /v1/prices/" + id, R"({"id":")" + id + R"(","active":true,"recurring":{"interval":"month"}})");
    api.on("GET /v1/prices/Pro%20%2F%2B", R"({"id":"Pro /+","active":true,"recurring":{"interval":"month"}})");
    for (std::string const id : {"pro-monthly", "pro.v2", "Gold~1", "Pro /+"}) {
        EXPECT_EQ(required(run(price_of(api, id, {})).value).id, id);
        EXPECT_EQ(required(run(listed_price_of(api, id, {})).value).price.id, id);
    }
    api.take_calls();
    for (std::string const& id : {std::string(), std::string("."), std::string(".."), std::string(256, 'a')}) {
        EXPECT_TRUE(run(price_of(api, id, {})).is_missing) << id;
        EXPECT_TRUE(run(listed_price_of(api, id, {})).is_missing) << id;
    }
    EXPECT_TRUE(api.take_calls().empty()) << "they lead elsewhere";
    EXPECT_TRUE(run(price_of(api, "../customers/cus_1", {})).is_missing);
    EXPECT_EQ(api.take_calls().front(), "GET /v1/prices/..%2Fcustomers%2Fcus_1?expand[0]=product");
}

} // namespace
} // namespace pollux::billing::stripe
