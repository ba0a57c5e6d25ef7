#include "stripe/api.hpp"

#include "stripe/account.hpp"
#include "stripe/checkout_sessions.hpp"
#include "stripe/customers.hpp"
#include "stripe/disputes.hpp"
#include "stripe/events.hpp"
#include "stripe/expand.hpp"
#include "stripe/form.hpp"
#include "stripe/ids.hpp"
#include "stripe/params.hpp"
#include "stripe/portal.hpp"
#include "stripe/prices.hpp"
#include "stripe/products.hpp"
#include "stripe/refunds.hpp"
#include "stripe/subscriptions.hpp"
#include "stripe/webhook_endpoints.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <stdexcept>

namespace pollux::sims::stripe {

namespace {

constexpr char json_type[] = "application/json";

std::vector<std::string> segments_of(std::string_view path)
{
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1); // The slash.
        auto const end = std::min(path.find('/'), path.size());
        segments.push_back(decode_component(path.substr(0, end)));
        path.remove_prefix(end);
    }
    return segments;
}

// The ids where the path fits "/v1/customers/{id}".
bool fits(std::string_view pattern, std::vector<std::string> const& path, std::vector<std::string>& ids)
{
    auto const wanted = segments_of(pattern);
    if (wanted.size() != path.size()) return false;
    ids.clear();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == "{id}" && !path[i].empty())
            ids.push_back(path[i]);
        else if (wanted[i] != path[i])
            return false;
    }
    return true;
}

// "a", or "a.b" for each b within it.
void check_simulated(Route const& route, json::object const& params)
{
    if (route.simulated == "*") return;
    auto const check_inner = [&](std::string_view name, json::object const& inner) {
        for (auto const& field : inner) {
            auto const path = std::string(name) + "." + std::string(field.key());
            if (!has_word(route.simulated, path)) throw not_simulated("the parameter " + path);
        }
    };
    for (auto const& field : params) {
        std::string_view const name = field.key();
        if (name == "expand" || has_word(route.simulated, name)) continue;
        if (auto const* inner = field.value().if_object())
            check_inner(name, *inner);
        else if (auto const* list = field.value().if_array(); list && !list->empty() && list->front().is_object()) {
            for (auto const& one : *list) check_inner(name, one.get_object());
        } else
            throw not_simulated("the parameter " + std::string(name));
    }
}

void check_version(Request const& request, std::string const& account_version)
{
    auto const version = request.header("stripe-version");
    if (version.empty() && account_version != api_version)
        throw not_simulated("the account's own API version " + account_version + ", which a call without Stripe-Version gets");
    if (!version.empty() && version != api_version)
        throw refused(400, "Invalid Stripe API version: " + std::string(version) + " (this simulator knows " + std::string(api_version) +
                               " alone).");
    auto const account = request.header("stripe-account");
    if (!account.empty())
        throw refused(403,
                      "The provided key '" + masked(key_of(request.header("authorization"))) + "' does not have access to account '" +
                          std::string(account) + "' (or that account does not exist). Application access may have been revoked.",
                      "account_invalid");
}

void check_rate(Place& place)
{
    auto const now = std::chrono::steady_clock::now();
    while (!place.recent.empty() && now - place.recent.front() > std::chrono::seconds(1)) place.recent.pop_front();
    auto const most = place.world.settings.requests_per_second;
    if (most > 0 && place.recent.size() >= most) {
        auto error =
            refused(429, "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.",
                    "rate_limit");
        error.headers = "Stripe-Rate-Limited-Reason: global-rate\r\n";
        throw error;
    }
    place.recent.push_back(now);
}

} // namespace

Api::Api(Simulator& simulator) : simulator_(simulator)
{
    add_account_routes(routes_);
    add_checkout_routes(routes_);
    add_customer_routes(routes_);
    add_dispute_routes(routes_);
    add_event_routes(routes_);
    add_invoice_routes(routes_);
    add_payment_routes(routes_);
    add_portal_configuration_routes(routes_);
    add_portal_session_routes(routes_);
    add_price_routes(routes_);
    add_product_routes(routes_);
    add_refund_routes(routes_);
    add_subscription_routes(routes_);
    add_webhook_endpoint_routes(routes_);
    for (auto const& route : routes_) {
        if (!is_endpoint(std::string(route.endpoint))) throw std::logic_error("no table of parameters for " + std::string(route.endpoint));
    }
}

Api::Found Api::find(Request const& request) const
{
    auto const path = segments_of(request.path);
    Found found{nullptr, {}};
    for (auto const& route : routes_) {
        auto const space = route.endpoint.find(' ');
        if (route.endpoint.substr(0, space) == request.method && fits(route.endpoint.substr(space + 1), path, found.ids)) {
            found.route = &route;
            return found;
        }
    }
    throw refused(404, "Unrecognized request URL (" + request.method + ": " + request.path +
                           "). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.");
}

// Everything before execution. An answer with a status other than 0 is the answer: a refusal is thrown, a replay is returned.
Api::Answer Api::judge(Request const& request, Running& running, Found& found, json::object& params)
{
    auto const authorization = request.header("authorization");
    auto const& key = simulator_.keys.judge(authorization);
    auto& place = simulator_.place(key.account, key.is_live);
    running.place = &place;
    running.call.account = key.account;
    running.call.mode = key.is_live ? "live" : "test";
    check_version(request, simulator_.account_version);
    found = find(request);
    check_rate(place);
    check_rights(key, key_of(authorization), request.method, found.route->endpoint.substr(found.route->endpoint.find(' ') + 1));
    if (request.method == "POST" && !request.body.empty() &&
        !request.header("content-type").starts_with("application/x-www-form-urlencoded"))
        throw refused(
            400, "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, "
                 "we can help at https://support.stripe.com/.");
    auto const form = read_form(request.method == "POST" ? request.body : request.query);
    running.call.params = form;
    params = read_params(std::string(found.route->endpoint), form);
    check_simulated(*found.route, params);
    check_expand(found.route->endpoint, params);
    std::string const idempotency_key(request.header("idempotency-key"));
    if (request.method != "POST" || idempotency_key.empty()) return {.status = 0, .body = {}, .headers = {}};
    auto const kept = place.idempotency.begin(idempotency_key, request.path, form, simulator_.clock.now());
    if (!kept) {
        running.key = idempotency_key;
        return {.status = 0, .body = {}, .headers = {}};
    }
    running.call.is_replayed = true;
    std::string headers = "Idempotent-Replayed: true\r\nOriginal-Request: " + kept->request_id + "\r\n";
    if (kept->status >= 500) headers += "Stripe-Should-Retry: false\r\n"; // It will be the same for a day.
    return {.status = kept->status, .body = kept->body, .headers = std::move(headers)};
}

Api::Answer Api::carry_out(Place& place, Found const& found, json::object params, Call const& call) const
{
    auto& world = place.world;
    simulator_.clock.catch_up();
    if (call.method != "GET") world.request = {{"id", call.request_id}, {"idempotency_key", text_or_null(call.idempotency_key)}};
    Answer made;
    try {
        Ask ask{world, found.ids, std::move(params), call.path};
        auto body = found.route->answer(ask);
        expand_all(world, body, ask.params);
        made.body = json::serialize(body);
    } catch (StripeError const& error) {
        made = refusal(error, call.request_id);
    } catch (std::exception const& fault) { // A fault of the simulator: its test must see it.
        std::fprintf(stderr, "%s %s: %s\n", call.method.c_str(), call.path.c_str(), fault.what());
        StripeError error;
        error.status = 500;
        error.type = "api_error";
        error.code = "simulator_fault";
        error.message = fault.what();
        made = refusal(error, call.request_id);
    }
    world.request = nullptr;
    return made;
}

Api::Answer Api::refusal(StripeError const& error, std::string const& request_id)
{
    return {error.status, json::serialize(error.body(request_id)), error.headers, error.before_execution};
}

Api::Answer Api::planned_error(FaultPlan const& plan, std::string const& request_id)
{
    StripeError error;
    error.status = plan.status;
    error.type = plan.type;
    error.code = plan.code;
    error.message = plan.message;
    if (!plan.should_retry.empty()) error.headers += "Stripe-Should-Retry: " + plan.should_retry + "\r\n";
    if (!plan.reason.empty()) error.headers += "Stripe-Rate-Limited-Reason: " + plan.reason + "\r\n";
    return refusal(error, request_id);
}

asio::awaitable<void> Api::pause(std::size_t milliseconds)
{
    if (milliseconds == 0) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(milliseconds));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<After> Api::answer(Request request, std::shared_ptr<Connection> connection)
{
    Call asked;
    asked.method = request.method;
    asked.path = request.path;
    asked.idempotency_key = request.header("idempotency-key");
    asked.key = key_of(request.header("authorization"));
    asked.version = request.header("stripe-version");
    asked.request_id = make_id("req_");
    auto& call = simulator_.calls.begin(std::move(asked));
    Running running{call, simulator_.plans.take(request.method, request.path), {}, nullptr};
    auto const plan = running.plan;
    call.plan = plan.name;

    Found found{nullptr, {}};
    json::object params;
    Answer made;
    try {
        made = judge(request, running, found, params);
    } catch (StripeError const& error) {
        made = refusal(error, call.request_id);
    }
    bool const is_judged = made.status == 0; // Else it was refused, or answered before.
    auto fault = is_judged || call.is_replayed ? plan.fault : FaultPlan::Fault::none;
    if (is_judged) {
        co_await pause(plan.delay_ms.pick());
        if (fault == FaultPlan::Fault::none || plan.acts) {
            call.has_acted = true;
            made = carry_out(*running.place, found, std::move(params), call);
        }
        auto const keep = [&](Answer const& answer) {
            if (!running.key.empty()) running.place->idempotency.finish(running.key, {answer.status, answer.body, call.request_id});
        };
        bool const is_error = fault == FaultPlan::Fault::error;
        if (is_error && plan.is_kept())
            keep(planned_error(plan, call.request_id));
        else if (call.has_acted && !made.before_execution)
            keep(made);
        else if (!running.key.empty() && fault != FaultPlan::Fault::hang)
            running.place->idempotency.abandon(running.key);
    }
    co_await pause(plan.late_ms.pick());
    if (fault == FaultPlan::Fault::cut) {
        connection->reset();
        simulator_.calls.end(call, Call::State::cut);
        co_return After::close;
    }
    if (fault == FaultPlan::Fault::hang) {
        co_await connection->hang();
        // For as long as it hangs it is under way, so its key is in use.
        if (!running.key.empty()) running.place->idempotency.abandon(running.key);
        simulator_.calls.end(call, Call::State::hung);
        co_return After::close;
    }
    if (fault == FaultPlan::Fault::error) made = planned_error(plan, call.request_id);
    call.status = made.status;
    made.headers += "Request-Id: " + call.request_id + "\r\nStripe-Version: " + std::string(api_version) + "\r\n";
    if (!call.idempotency_key.empty() && call.idempotency_key.size() < 256)
        made.headers += "Idempotency-Key: " + call.idempotency_key + "\r\n";
    bool const sent = co_await pollux::sims::answer(*connection, made.status, json_type, std::move(made.body), std::move(made.headers));
    simulator_.calls.end(call, sent ? Call::State::finished : Call::State::aborted);
    co_return sent ? After::keep : After::close;
}

} // namespace pollux::sims::stripe
