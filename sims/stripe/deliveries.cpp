#include "stripe/deliveries.hpp"

#include "http_client.hpp"
#include "server.hpp"
#include "stripe/errors.hpp"
#include "stripe/events.hpp"
#include "stripe/ids.hpp"
#include "stripe/signature.hpp"
#include "stripe/webhook_endpoints.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>

namespace pollux::sims::stripe {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t ended_kept = 20'000;
constexpr char user_agent[] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

// In test mode Stripe adds a v0, which signs nothing: receivers must look at v1 alone.
std::string signature_of(Record const& endpoint, std::int64_t time, std::string const& payload)
{
    auto header = sign(secrets_of(endpoint), time, payload);
    if (!endpoint.world->live) header += ",v0=" + hmac_sha256_hex("v0", payload);
    return header;
}

} // namespace

void Deliveries::set_plan(json::object const& plan)
{
    plan_ = plan_.changed(plan);
    pump();
}

void Deliveries::send(Record& event)
{
    std::int64_t pending = 0;
    for (auto& endpoint : event.world->store.all("webhook_endpoint")) {
        if (!wants(endpoint, text_of(event.body, "type"))) continue;
        ++pending;
        auto const state = plan_.mode == DeliveryPlan::Mode::send   ? State::waiting
                           : plan_.mode == DeliveryPlan::Mode::hold ? State::held
                                                                    : State::dropped;
        add(event, endpoint, state, state == State::waiting ? plan_.copies : Range{1, 1}, plan_.delay_ms);
    }
    event.body["pending_webhooks"] = pending;
}

bool Deliveries::uses(Record const& event) const
{
    if (held_ + waiting_ + running_ + retrying_.size() == 0) return false;
    return std::ranges::any_of(all_, [&](Shared const& one) { return one->event == &event && one->state < State::succeeded; });
}

void Deliveries::add(Record& event, Record& endpoint, State state, Range copies, Range delay_ms)
{
    for (auto left = std::max<std::size_t>(1, copies.pick()); left > 0; --left) {
        auto const delivery = std::make_shared<Delivery>();
        delivery->id = ++last_id_;
        delivery->event = &event;
        delivery->endpoint = &endpoint;
        delivery->event_id = event.id();
        delivery->type = text_of(event.body, "type");
        delivery->state = state;
        all_.push_back(delivery);
        if (state == State::held) ++held_;
        if (state == State::waiting) start(delivery, delay_ms.pick());
    }
    while (all_.size() > ended_kept && all_.front()->state >= State::succeeded) all_.pop_front();
}

void Deliveries::start(Shared delivery, std::size_t delay_ms)
{
    delivery->state = State::waiting;
    ++waiting_;
    if (!executor_) { // Before the first request: nobody has an endpoint then.
        end(delivery, State::dropped);
        return;
    }
    if (delay_ms > 0) {
        asio::co_spawn(*executor_, wait(delivery, delay_ms), must_not_fail);
        return;
    }
    ready_.push_back(std::move(delivery));
    pump();
}

asio::awaitable<void> Deliveries::wait(Shared delivery, std::size_t delay_ms)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, milliseconds(delay_ms));
    co_await timer.async_wait(asio::use_awaitable);
    ready_.push_back(std::move(delivery));
    pump();
}

void Deliveries::pump()
{
    while (running_ < plan_.parallel && !ready_.empty()) {
        auto delivery = std::move(ready_.front());
        ready_.pop_front();
        --waiting_;
        if (delivery->is_gone || text_of(delivery->endpoint->body, "status") != "enabled") {
            ++waiting_;
            end(delivery, State::dropped);
            continue;
        }
        ++running_;
        delivery->state = State::running;
        asio::co_spawn(*executor_, attempt(std::move(delivery)), must_not_fail);
    }
}

asio::awaitable<void> Deliveries::attempt(Shared delivery)
{
    auto payload = payload_of(*delivery->event, delivery->endpoint);
    auto const time = signing_time();
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json; charset=utf-8"},
                                                             {"User-Agent", user_agent},
                                                             {"Stripe-Signature", signature_of(*delivery->endpoint, time, payload)}};
    auto const url = text_of(delivery->endpoint->body, "url");
    if (delivery->due == 0) delivery->due = clock_.now();
    ++sent_;
    auto const posted = co_await post(url, std::move(headers), std::move(payload), milliseconds(plan_.timeout_ms));
    json::object attempt{{"at", static_cast<std::int64_t>(machine_time())}, {"status", posted.status}};
    if (!posted.error.empty()) attempt["error"] = posted.error;
    delivery->attempts.push_back(std::move(attempt));
    --running_;
    ++waiting_;
    if (posted.status >= 200 && posted.status < 300) {
        if (!delivery->is_gone) {
            auto& pending = delivery->event->body["pending_webhooks"];
            auto const before = std::ranges::count_if(all_, [&](Shared const& one) {
                return one->event == delivery->event && one->endpoint == delivery->endpoint && one->state == State::succeeded;
            });
            if (before == 0 && pending.get_int64() > 0) pending = pending.get_int64() - 1;
        }
        end(delivery, State::succeeded);
    } else {
        try_again(delivery);
    }
    pump();
}

void Deliveries::try_again(Shared const& delivery)
{
    bool const is_by_clock = plan_.schedule == DeliveryPlan::Schedule::stripe;
    auto const gaps = retry_gaps(delivery->endpoint->world->live);
    bool const is_last = is_by_clock ? delivery->retries >= gaps.size() : delivery->attempts.size() > plan_.retries;
    if (is_last || delivery->is_gone) return end(delivery, State::failed);
    --waiting_;
    if (!is_by_clock) return start(delivery, std::max<std::size_t>(1, plan_.retry_ms.pick()));
    delivery->due += gaps[delivery->retries++];
    delivery->state = State::retrying;
    retrying_.emplace(delivery->due, delivery);
    retry_due(); // The clock may have been moved over it already.
}

void Deliveries::retry_due()
{
    while (!retrying_.empty() && retrying_.begin()->first <= clock_.now()) {
        auto delivery = retrying_.begin()->second;
        retrying_.erase(retrying_.begin());
        start(std::move(delivery), 0);
    }
}

std::size_t Deliveries::retry_now(std::string const& event, std::string const& endpoint)
{
    std::vector<Shared> chosen;
    for (auto const& [due, one] : retrying_) {
        if ((event.empty() || event == one->event_id) && (endpoint.empty() || endpoint == one->endpoint->id())) chosen.push_back(one);
    }
    for (auto const& one : chosen) {
        std::erase_if(retrying_, [&](auto const& entry) { return entry.second == one; });
        start(one, 0);
    }
    return chosen.size();
}

void Deliveries::end(Shared const& delivery, State state)
{
    --waiting_;
    delivery->state = state;
}

std::int64_t Deliveries::signing_time() const
{
    return plan_.is_simulated_time ? clock_.now() : static_cast<std::int64_t>(machine_time());
}

std::size_t Deliveries::release(json::object const& how)
{
    auto const parallel = read_count(how, "parallel", plan_.parallel);
    auto const copies = read_range(how, "copies", {1, 1});
    auto const delay = read_range(how, "delay_ms", {0, 0});
    std::vector<Shared> chosen;
    for (auto const& one : all_) {
        if (one->state == State::held) chosen.push_back(one);
    }
    if (auto const* order = array_in(how, "order")) {
        std::vector<Shared> named;
        for (auto const& id : *order) {
            for (auto const& one : chosen) {
                if (id.is_string() && one->event_id == std::string_view(id.get_string())) named.push_back(one);
            }
        }
        chosen = std::move(named);
    } else {
        auto const word = text_of(how, "order");
        if (!word.empty() && !has_word("as_is reverse shuffle", word))
            throw invalid("order is as_is, reverse, shuffle or a list of ids of events");
        if (word == "reverse") std::ranges::reverse(chosen);
        if (word == "shuffle") {
            for (std::size_t i = chosen.size(); i > 1; --i) std::swap(chosen[i - 1], chosen[random_number(0, i - 1)]);
        }
    }
    plan_.parallel = std::max<std::size_t>(1, parallel);
    std::size_t count = 0;
    for (auto const& one : chosen) { // An event that was named twice goes once as the held one and once more as a copy.
        auto extra = std::max<std::size_t>(1, copies.pick());
        if (one->state == State::held) {
            --held_;
            --extra;
            ++count;
            start(one, delay.pick());
        }
        for (; extra > 0; --extra, ++count) add(*one->event, *one->endpoint, State::waiting, {1, 1}, delay);
    }
    return count;
}

std::size_t Deliveries::redeliver(Record& event, json::object const& how)
{
    auto const wanted = text_of(how, "endpoint");
    auto const copies = read_range(how, "copies", {1, 1});
    auto const before = last_id_;
    for (auto& endpoint : event.world->store.all("webhook_endpoint")) {
        if (endpoint.is_deleted() || (!wanted.empty() && endpoint.id() != wanted)) continue;
        add(event, endpoint, State::waiting, copies, read_range(how, "delay_ms", {0, 0}));
    }
    return static_cast<std::size_t>(last_id_ - before);
}

std::size_t Deliveries::drop_held()
{
    std::size_t count = 0;
    for (auto const& one : all_) {
        if (one->state != State::held) continue;
        one->state = State::dropped;
        --held_;
        ++count;
    }
    return count;
}

asio::awaitable<json::object> Deliveries::forge(World& world, json::object how)
{
    auto url = text_of(how, "url");
    std::vector<std::string> secrets;
    auto const endpoint = text_of(how, "endpoint");
    for (auto& one : world.store.all("webhook_endpoint")) {
        if (one.is_deleted() || (!endpoint.empty() && one.id() != endpoint)) continue;
        if (url.empty()) url = text_of(one.body, "url");
        if (secrets.empty()) secrets = secrets_of(one);
    }
    if (how.contains("secret")) secrets = {text_of(how, "secret")};
    std::string payload;
    auto const event = text_of(how, "event");
    if (!event.empty()) payload = payload_of(world.need("event", event, "event"));
    if (auto const* given = how.if_contains("payload"))
        payload = given->is_string() ? std::string(given->get_string()) : json::serialize(*given);
    auto header = sign(secrets, signing_time() - number_of(how, "age_s"), payload);
    if (how.contains("signature")) header = text_of(how, "signature");
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json; charset=utf-8"},
                                                             {"User-Agent", user_agent}};
    if (!header.empty()) headers.emplace_back("Stripe-Signature", header);
    auto const posted = co_await post(url, std::move(headers), std::move(payload), milliseconds(plan_.timeout_ms));
    co_return json::object{{"status", posted.status}, {"body", posted.body}, {"error", posted.error}, {"signature", header}};
}

asio::awaitable<bool> Deliveries::drain(std::size_t limit_ms)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto const end = std::chrono::steady_clock::now() + milliseconds(limit_ms);
    while (running_ + waiting_ > 0) {
        if (std::chrono::steady_clock::now() > end) co_return false;
        timer.expires_after(milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return true;
}

json::object Deliveries::describe(std::string const& state, std::string const& event) const
{
    constexpr std::string_view states[] = {"held", "waiting", "running", "retrying", "succeeded", "failed", "dropped"};
    if (!state.empty() && std::ranges::find(states, state) == std::end(states))
        throw invalid("state is held, waiting, running, retrying, succeeded, failed or dropped");
    json::array list;
    for (auto const& one : all_) {
        auto const word = states[static_cast<std::size_t>(one->state)];
        if ((!state.empty() && state != word) || (!event.empty() && event != one->event_id)) continue;
        list.push_back({{"id", one->id},
                        {"event", one->event_id},
                        {"type", one->type},
                        {"endpoint", one->is_gone ? std::string() : one->endpoint->id()},
                        {"state", word},
                        {"retry_at", one->state == State::retrying ? json::value(one->due) : json::value(nullptr)},
                        {"attempts", one->attempts}});
    }
    return {{"held", held_}, {"waiting", waiting_},          {"running", running_}, {"retrying", retrying_.size()},
            {"sent", sent_}, {"deliveries", std::move(list)}};
}

void Deliveries::forget()
{
    for (auto const& one : all_) one->is_gone = true;
    drop_held();
    for (auto const& [due, one] : retrying_) one->state = State::dropped;
    retrying_.clear();
    std::erase_if(all_, [](Shared const& one) { return one->state >= State::succeeded; });
}

} // namespace pollux::sims::stripe
