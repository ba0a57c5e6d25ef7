#include "http/rates.hpp"

#include "http/error_response.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pollux::http {
namespace {

void append_number(std::string& text, std::string_view before, std::int64_t number)
{
    std::array<char, 24> digits;
    auto const [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    text.append(before).append(digits.data(), end);
}

// An item of both fields (draft-ietf-httpapi-ratelimit-headers-10).
void add_rate(RateFields& fields, limits::RateDecision const& decision)
{
    constexpr std::size_t usual_bytes = 64; // Of two items.
    for (auto* text : {&fields.limit, &fields.policy}) {
        text->reserve(usual_bytes);
        text->append(text->empty() ? "\"" : ", \"").append(decision.policy).append("\"");
    }
    append_number(fields.limit, ";r=", decision.remaining);
    append_number(fields.limit, ";t=", decision.reset.count());
    append_number(fields.policy, ";q=", decision.rule.count);
    append_number(fields.policy, ";w=", decision.rule.window.count());
}

// Streams last and are few; all else that asks for a user counts.
bool counts_for_plan(Route const& route)
{
    bool const is_stream = route.method == "GET" && route.shape.answers_event_stream;
    return route.options.access == Access::user && !is_stream;
}

asio::awaitable<limits::RateDecision> take_of_plan(Server::Shared& shared, UserId user)
{
    auto rule = shared.options.rate_rules.plan;
    if (!rule && shared.options.requests_per_minute) {
        auto const count = co_await shared.options.requests_per_minute(user);
        if (count) rule = limits::RateRule{std::max<std::int64_t>(*count, 1), std::chrono::seconds(60)};
    }
    if (!rule) co_return limits::RateDecision();
    co_return co_await shared.limiter.take(RateClass::plan, "u:" + std::to_string(user.value), *rule);
}

// Whose budget a rule by address takes of.
std::string sharer_of(Server::Shared const& shared, Request const& request, Route const& route)
{
    if (route.options.counts_who_is_shown && shared.options.issued_to) {
        auto const token = request.bearer_token();
        auto const shown = token.empty() ? std::nullopt : shared.options.issued_to(token);
        if (shown) return "u:" + std::to_string(shown->user.value);
    }
    return "a:" + request.peer.limit_prefix;
}

} // namespace

std::string asker_of(Request const& request)
{
    return request.identity ? "u:" + std::to_string(request.identity->user.value) : "a:" + request.peer.limit_prefix;
}

void add_rate_headers(Response& response, RateFields fields)
{
    if (fields.limit.empty()) return;
    response.headers.reserve(response.headers.size() + 2);
    response.headers.emplace_back("RateLimit", std::move(fields.limit));
    response.headers.emplace_back("RateLimit-Policy", std::move(fields.policy));
}

asio::awaitable<std::optional<Response>> refuse_by_rate(Server::Shared& shared, Request const& request, Route const& route,
                                                        RateFields& fields)
{
    auto const rate_class = route.options.limits;
    auto rules = shared.options.rate_rules.of(rate_class);
    limits::RateDecision decision;
    // The user's own budget first: what it refuses takes nothing from those who share the address.
    if (rules.per_user && request.identity) {
        std::string const key = asker_of(request);
        decision = co_await shared.limiter.take(rate_class, key, *rules.per_user);
        add_rate(fields, decision);
    }
    if (decision.allowed && request.identity && counts_for_plan(route)) {
        decision = co_await take_of_plan(shared, request.identity->user);
        if (!decision.policy.empty()) add_rate(fields, decision);
    }
    if (decision.allowed && rules.per_address) {
        std::string const key = sharer_of(shared, request, route);
        decision = co_await shared.limiter.take(rate_class, key, *rules.per_address);
        decision.policy = limits::address_policy(rate_class);
        if (fields.limit.empty()) add_rate(fields, decision);
    }
    if (decision.allowed) co_return std::nullopt;
    auto wait = decision.retry_after;
    auto response =
        problem(rate_limited("rate_limited", "Too many requests; come back after the seconds in Retry-After.", wait), request.request_id);
    fields = {};
    add_rate(fields, decision);
    add_rate_headers(response, std::move(fields));
    co_return response;
}

} // namespace pollux::http
