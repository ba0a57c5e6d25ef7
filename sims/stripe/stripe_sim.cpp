#include "stripe/stripe_sim.hpp"

#include "plans.hpp"
#include "stripe/control.hpp"
#include "stripe/pages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace pollux::sims {

namespace {

constexpr auto tick = std::chrono::milliseconds(100);

void add_keys(stripe::Keys& keys, std::vector<std::string> const& given)
{
    for (auto const& one : given) {
        auto const equals = std::min(one.find('='), one.size());
        keys.add(one.substr(0, equals), equals == one.size() ? "acct_1" : one.substr(equals + 1));
    }
    if (!given.empty()) return;
    for (std::string const account : {"1", "2"}) {
        for (std::string const kind : {"sk_test_", "sk_live_", "rk_test_", "rk_live_"}) keys.add(kind + account, "acct_" + account);
    }
}

// What is due by the machine's clock alone happens though nobody asks for anything.
asio::awaitable<void> follow_clock(stripe::Simulator& simulator, asio::any_io_executor executor)
{
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(tick);
        co_await timer.async_wait(asio::use_awaitable);
        simulator.clock.catch_up();
        simulator.deliveries.retry_due();
    }
}

} // namespace

StripeSim::StripeSim(StripeSimOptions const& options) : simulator_(options.calls_max), api_(simulator_)
{
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used");
    add_keys(simulator_.keys, options.keys);
    if (!options.account_version.empty()) simulator_.account_version = options.account_version;
    for (auto const& plans : read_plan_files(options.plan_files)) simulator_.plans.load(plans);
}

asio::awaitable<After> StripeSim::handle(Request request, std::shared_ptr<Connection> connection)
{
    begin(*connection, request);
    if (request.path.starts_with("/_sim/")) return stripe::answer_control(simulator_, std::move(request), std::move(connection));
    if (stripe::is_page(request.path)) return stripe::answer_page(simulator_, std::move(request), std::move(connection));
    return api_.answer(std::move(request), std::move(connection));
}

void StripeSim::begin(Connection& connection, Request const& request)
{
    auto const host = request.header("host");
    if (!host.empty()) simulator_.base_url = "http://" + std::string(host);
    if (has_begun_) return;
    has_begun_ = true;
    auto const executor = connection.socket().get_executor();
    simulator_.deliveries.run_on(executor);
    asio::co_spawn(executor, follow_clock(simulator_, executor), must_not_fail);
}

int run_stripe_sim(StripeSimOptions const& options)
{
    StripeSim sim(options);
    return serve(options.listen, [&sim](Request request, std::shared_ptr<Connection> connection) {
        return sim.handle(std::move(request), std::move(connection));
    });
}

} // namespace pollux::sims
