#include "billing/demo/demo_api.hpp"

#include "billing/demo/demo_calls.hpp"
#include "billing/demo/demo_events.hpp"
#include "billing/stripe/client.hpp"
#include "http/request.hpp"

namespace pollux::billing::demo {
namespace {

constexpr std::size_t operation_bytes_max = 255;

// Refusals are kept like all answers, as Stripe keeps them.
asio::awaitable<DemoAnswer> answer_once(db::Transaction& transaction, DemoQuestion question, std::string operation, std::string asked)
{
    if (operation.empty()) co_return co_await answer_question(transaction, std::move(question));
    bool const is_first = co_await DemoStore::begin_answer(transaction, operation, asked);
    if (is_first) {
        auto answer = co_await answer_question(transaction, std::move(question));
        co_await DemoStore::keep_answer(transaction, std::move(operation), answer);
        co_return answer;
    }
    auto kept = co_await DemoStore::kept_answer(transaction, std::move(operation));
    if (kept && kept->question == asked) co_return std::move(kept->answer);
    co_return refused(400, "idempotency_error", "Keys can only be used with the same parameters they were first used with.");
}

} // namespace

asio::awaitable<stripe::Answer> DemoApi::call(stripe::Call call) const
{
    auto parameters = http::parse_query(call.form.text());
    if (!parameters || call.operation.size() > operation_bytes_max) {
        auto const refusal = refused(400, "parameter_unknown", "These parameters cannot be read.");
        co_return stripe::read_answer(refusal.status, refusal.body);
    }
    DemoQuestion const question{call.method, call.path, std::move(*parameters), public_url_, {}};
    if (call.method == "GET") {
        auto const answer =
            co_await database_.snapshot([question](db::Transaction& transaction) { return answer_question(transaction, question); });
        co_return stripe::read_answer(answer.status, answer.body);
    }
    auto const asked = call.method + " " + call.path + " " + call.form.text();
    auto const answer = co_await database_.transact([question, operation = call.operation, asked](db::Transaction& transaction) {
        return answer_once(transaction, question, operation, asked);
    });
    bell_.ring(event_task);
    co_return stripe::read_answer(answer.status, answer.body);
}

} // namespace pollux::billing::demo
