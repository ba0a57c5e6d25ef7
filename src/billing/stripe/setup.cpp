#include "billing/stripe/setup.hpp"

#include "base/lenient_json.hpp"
#include "billing/stripe/key_trouble.hpp"
#include "billing/stripe/setup_catalogue.hpp"
#include "billing/stripe/setup_endpoint.hpp"
#include "billing/stripe/setup_portal.hpp"

#include <algorithm>
#include <utility>

namespace pollux::billing::stripe {
namespace {

asio::awaitable<bool> look_at_account(SetupRun& run)
{
    auto const answer = co_await run.api().call({.path = "/v1/account", .deadline = run.soon()});
    run.outcome.account = text_at(answer.body, "id");
    if (answer.outcome == Outcome::done && !run.outcome.account.empty()) co_return true;
    auto const trouble = trouble_of(answer);
    co_return run.fail("Stripe " + trouble.what + " " + trouble.mend, "");
}

// The endpoint before the portal: whatever Stripe has against a configuration, events come.
asio::awaitable<bool> settle(SetupRun& run)
{
    bool const has_account = co_await look_at_account(run);
    if (!has_account) co_return false;
    auto sold = co_await settle_catalogue(run);
    if (!sold) co_return false;
    bool const has_endpoint = co_await settle_endpoint(run);
    if (!has_endpoint) co_return false;
    co_return co_await settle_portal(run, std::move(*sold));
}

} // namespace

bool SetupOutcome::has_changed() const
{
    return std::ranges::any_of(lines, [](SetupLine const& line) { return line.done == SetupDone::made || line.done == SetupDone::mended; });
}

asio::awaitable<SetupOutcome> set_up(Api const& api, SetupWish wish)
{
    SetupRun run(api, std::move(wish));
    bool const is_done = co_await settle(run);
    if (!is_done && run.outcome.failure.empty()) run.outcome.failure = "Stripe's answer is of no use";
    co_return std::move(run.outcome);
}

} // namespace pollux::billing::stripe
