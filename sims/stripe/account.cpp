#include "stripe/account.hpp"

#include "stripe/shapes.hpp"

namespace pollux::sims::stripe {

namespace {

json::object retrieve(Ask& ask)
{
    auto account = blank("account");
    account["id"] = ask.world.account;
    account["charges_enabled"] = true;
    account["country"] = "US";
    account["created"] = 1700000000;
    account["default_currency"] = "usd";
    account["details_submitted"] = true;
    account["metadata"] = json::object();
    account["payouts_enabled"] = true;
    account["type"] = "standard";
    return account;
}

} // namespace

void add_account_routes(std::vector<Route>& routes)
{
    routes.push_back({"GET /v1/account", retrieve, "*"});
}

} // namespace pollux::sims::stripe
