#include "stripe/calls.hpp"

#include "stripe/clock.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

Call& Calls::begin(Call call)
{
    call.id = ++last_id_;
    call.started_at = machine_time();
    auto const second = static_cast<std::int64_t>(call.started_at);
    if (second != second_) in_second_ = 0;
    second_ = second;
    most_a_second_ = std::max(most_a_second_, ++in_second_);
    ++total_;
    ++running_;
    while (calls_.size() >= calls_max_ && calls_.front().state != Call::State::running) calls_.pop_front();
    return calls_.emplace_back(std::move(call));
}

void Calls::end(Call& call, Call::State state)
{
    call.ended_at = machine_time();
    call.state = state;
    --running_;
}

void Calls::clear()
{
    cleared_to_ = last_id_;
    total_ = running_;
    most_a_second_ = in_second_ = 0;
    while (!calls_.empty() && calls_.front().state != Call::State::running) calls_.pop_front();
}

json::object Calls::describe(std::int64_t after, std::string_view method, std::string_view path) const
{
    constexpr std::string_view states[] = {"running", "finished", "cut", "hung", "aborted"};
    json::array list;
    for (auto const& call : calls_) {
        if (call.id <= after || (call.id <= cleared_to_ && call.state != Call::State::running)) continue;
        if ((!method.empty() && method != call.method) || (!path.empty() && path != call.path)) continue;
        list.push_back({{"id", call.id},
                        {"started_at", call.started_at},
                        {"ended_at", call.ended_at},
                        {"method", call.method},
                        {"path", call.path},
                        {"params", call.params},
                        {"idempotency_key", call.idempotency_key},
                        {"key", call.key},
                        {"account", call.account},
                        {"mode", call.mode},
                        {"version", call.version},
                        {"request_id", call.request_id},
                        {"plan", call.plan},
                        {"status", call.status},
                        {"replayed", call.is_replayed},
                        {"acted", call.has_acted},
                        {"state", states[static_cast<std::size_t>(call.state)]}});
    }
    return {{"total", total_}, {"running", running_}, {"most_a_second", most_a_second_}, {"calls", std::move(list)}};
}

} // namespace pollux::sims::stripe
