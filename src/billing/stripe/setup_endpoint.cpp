#include "billing/stripe/setup_endpoint.hpp"

#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/client.hpp"
#include "billing/stripe/events.hpp"

#include <utility>

namespace pollux::billing::stripe {
namespace {

void add_events(Form& form, std::vector<std::string_view> const& events)
{
    for (std::size_t index = 0; index < events.size(); ++index) form.add("enabled_events[" + std::to_string(index) + "]", events[index]);
}

asio::awaitable<bool> make(SetupRun& run)
{
    auto const& public_url = run.wish().public_url;
    Form form;
    form.add("url", webhook_urls(public_url).front()).add("api_version", api_version).add("description", "Pollux");
    form.add("metadata[pollux]", public_url);
    add_events(form, {event_types.begin(), event_types.end()});
    auto const made = co_await run.post("/v1/webhook_endpoints", std::move(form), "Stripe does not make the webhook endpoint");
    if (!made && run.wish().is_local && run.outcome.is_invalid) {
        run.outcome.failure.clear();
        run.say(SetupDone::named, "webhook endpoint: Stripe posts to no such URL; on this machine `stripe listen --forward-to " +
                                      webhook_urls(public_url).front() + "` brings the events and prints their STRIPE_WEBHOOK_SECRET");
        co_return true;
    }
    if (!made) co_return false;
    run.outcome.has_endpoint = true;
    auto const endpoint = read_endpoint(made->body);
    run.outcome.webhook_secret = endpoint.secret;
    run.say(SetupDone::made, "webhook endpoint " + endpoint.id + ": " + endpoint.url);
    co_return true;
}

asio::awaitable<bool> mend(SetupRun& run, WebhookEndpoint endpoint)
{
    run.outcome.has_endpoint = true;
    auto const deaf = endpoint.deaf_to();
    Form form;
    std::string wrong;
    if (!deaf.empty()) {
        std::vector<std::string_view> all(endpoint.events.begin(), endpoint.events.end());
        all.insert(all.end(), deaf.begin(), deaf.end());
        add_events(form, all);
        wrong = std::to_string(deaf.size()) + " events that were missing";
    }
    if (!endpoint.is_enabled()) {
        form.add("disabled", false);
        wrong.append(wrong.empty() ? "" : ", ").append("switched on again");
    }
    auto const what = "webhook endpoint " + endpoint.id + ": " + endpoint.url;
    if (wrong.empty()) {
        run.say(SetupDone::found, what);
    } else {
        auto const done =
            co_await run.post("/v1/webhook_endpoints/" + endpoint.id, std::move(form), "Stripe does not mend the webhook endpoint");
        if (!done) co_return false;
        run.say(SetupDone::mended, what + ": " + wrong);
    }
    if (endpoint.version != api_version) {
        run.say(SetupDone::named, what + " sends events of the API version " +
                                      (endpoint.version.empty() ? "of the account" : endpoint.version) + " instead of " +
                                      std::string(api_version) + ", which Stripe does not change: delete it there, and run this again");
    }
    co_return true;
}

} // namespace

asio::awaitable<bool> settle_endpoint(SetupRun& run)
{
    auto const listed = co_await webhook_endpoints(run.api(), run.soon());
    if (!listed.value) co_return run.fail("Stripe does not list the webhook endpoints", listed.detail);
    auto const* found = find_endpoint(*listed.value, webhook_urls(run.wish().public_url));
    if (found) co_return co_await mend(run, *found);
    co_return co_await make(run);
}

} // namespace pollux::billing::stripe
