#include "billing/billing_routes.hpp"

#include "billing/billing_service.hpp"
#include "http/router.hpp"

namespace pollux::billing {
namespace {

struct UsageQuery {
    std::optional<Int<1, 90>> days;
};
POLLUX_DESCRIBE(UsageQuery, (days))

asio::awaitable<Result<UsageReport>> show_usage(BillingService& billing, http::Request const& request, Query<UsageQuery> query)
{
    std::optional<std::int64_t> days;
    if (query.value.days) days = query.value.days->value;
    return billing.usage(request.user(), days);
}

} // namespace

void add_billing_routes(http::Router& router, BillingService& billing)
{
    router.get(
        "/user/usage/", show_usage, billing,
        {.id = "showUsage", .summary = "Today's quota and tokens; with ?days= a row a day", .tag = "user", .errors = {"user_not_found"}});
}

} // namespace pollux::billing
