#include "billing/billing_routes.hpp"

#include "billing/billing_service.hpp"
#include "http/router.hpp"

namespace pollux::billing {
namespace {

constexpr std::chrono::seconds plans_max_age{60}; // What is shown may be that much older than what holds.

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

asio::awaitable<Result<http::Cacheable<PlanList>>> list_plans(BillingService& billing, http::Request const&)
{
    auto plans = co_await billing.plans();
    co_return http::Cacheable<PlanList>{std::move(plans), plans_max_age};
}

} // namespace

void add_billing_routes(http::Router& router, BillingService& billing)
{
    router.get("/user/usage/", show_usage, billing,
               {.id = "showUsage",
                .summary = "Show your usage; today's quota and tokens, and with ?days= a row a day",
                .tag = "user",
                .errors = {"user_not_found"}});
    router.get("/plans/", list_plans, billing,
               {.id = "listPlans",
                .summary = "List the plans; what they allow, and what they cost",
                .tag = "billing",
                .access = http::Access::open});
}

} // namespace pollux::billing
