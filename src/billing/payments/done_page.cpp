#include "billing/payments/done_page.hpp"

#include "billing/payments/payments_routes.hpp"
#include "http/router.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

// Who paid comes with the name of the session, and so may anybody: nothing is looked up here, and nothing told of it.
constexpr char const* after_payment =
    "<h1>Thank you</h1>\n"
    "<p>Your payment is being confirmed. That usually takes a few seconds, with some ways to pay a few days.</p>\n"
    "<p>You can close this page and go back to the app: it shows your plan as soon as it has changed.</p>";
constexpr char const* after_all_else = "<h1>You can go back to the app</h1>\n"
                                       "<p>Close this page; the app shows the plan that you have.</p>";

asio::awaitable<Result<http::Html>> show(PaymentsApi&, http::Request const& request)
{
    bool const comes_from_checkout =
        std::ranges::any_of(request.parameters, [](auto const& parameter) { return parameter.first == "session_id"; });
    if (comes_from_checkout) co_return http::Html{"Your payment is being confirmed", after_payment};
    co_return http::Html{"Back to the app", after_all_else};
}

} // namespace

void add_done_page(http::Router& router, PaymentsApi& api)
{
    router.get("/subscription/done/", show, api,
               {.id = "showDone",
                .summary = "A page for people who come back from the payment provider",
                .tag = "subscription",
                .access = http::Access::open});
}

} // namespace pollux::billing
