#include "sms/answering.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

namespace pollux::sims::sms {

namespace {

constexpr char html_page[] = "<!DOCTYPE html>\n<html><title>502 Bad Gateway</title><body>{not json}</body></html>\n";

// Whether the caller waits or not.
asio::awaitable<void> pause(std::size_t time_ms)
{
    if (time_ms == 0) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(time_ms));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<bool> write(Connection& connection, Answer made, bool is_html)
{
    auto body = is_html ? std::string(html_page) : json::serialize(made.body);
    co_return co_await answer(connection, made.status, is_html ? "text/html" : "application/json;charset=utf-8", std::move(body),
                              std::move(made.headers));
}

} // namespace

asio::awaitable<After> answer_call(Simulator& simulator, Call asked, std::optional<Answer> refused, Way way,
                                   std::shared_ptr<Connection> connection)
{
    auto& call = simulator.calls.begin(std::move(asked));
    CallPlan plan;
    Answer made;
    if (refused) {
        made = std::move(*refused);
    } else {
        auto const is_for = [&](CallPlan const& one) { return fits(one, call.vendor, call.method, call.to); };
        plan = simulator.plans.take(is_for, is_for);
        call.plan = plan.name;
        co_await pause(plan.delay_ms.pick());
        if (plan.fault == CallPlan::Fault::none || plan.acts) made = way.act(call);
        co_await pause(plan.late_ms.pick());
    }
    if (plan.fault == CallPlan::Fault::cut) {
        connection->reset();
        simulator.calls.end(call, CallState::broken);
        co_return After::close;
    }
    if (plan.fault == CallPlan::Fault::hang) {
        co_await connection->hang();
        simulator.calls.end(call, CallState::aborted);
        co_return After::close;
    }
    bool const is_error = plan.fault == CallPlan::Fault::error;
    if (is_error) made = way.planned(plan);
    if (is_error && plan.retry_after_s >= 0) made.headers += "Retry-After: " + std::to_string(plan.retry_after_s) + "\r\n";
    call.status = made.status;
    call.code = made.code;
    bool const sent = co_await write(*connection, std::move(made), is_error && plan.html);
    simulator.calls.end(call, sent ? CallState::finished : CallState::aborted);
    co_return sent ? After::keep : After::close;
}

} // namespace pollux::sims::sms
