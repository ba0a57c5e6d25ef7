#include "billing/stripe/client.hpp"

#include "base/lenient_json.hpp"
#include "base/literals.hpp"
#include "base/secrets.hpp"
#include "net/http_client.hpp"
#include "net/wakeup.hpp"
#include "ops/metrics.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;

constexpr std::size_t answer_bytes_max = 8_MiB; // A page of a hundred subscriptions, each with its invoice.
constexpr std::chrono::milliseconds first_wait{500};
constexpr std::chrono::milliseconds wait_max{5'000};

// 0.5 to 1 s, then 1 to 2 s: half of it by chance, so that those who failed together do not come back together.
std::chrono::milliseconds wait_before_call(int number)
{
    auto const whole = std::min<std::int64_t>(wait_max.count(), first_wait.count() << number);
    return std::chrono::milliseconds(whole / 2 + static_cast<std::int64_t>(random_below(static_cast<std::uint64_t>(whole / 2) + 1)));
}

net::HttpRequest http_request(ClientOptions const& options, Call const& call)
{
    bool const has_body = call.method == "POST";
    net::HttpRequest http;
    http.method = call.method;
    http.url = options.base_url + call.path;
    if (!has_body && !call.form.is_empty()) http.url += "?" + call.form.text();
    http.secret_headers = {{"authorization", "Bearer " + options.secret_key}};
    http.headers = {{"stripe-version", std::string(api_version)}};
    if (has_body) http.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
    if (!call.operation.empty()) http.headers.push_back({"idempotency-key", call.operation});
    if (has_body) http.body = call.form.text();
    http.deadline = call.deadline;
    http.connect_time_max = options.connect_time_max;
    http.body_bytes_max = answer_bytes_max;
    return http;
}

Answer no_answer(net::HttpResult const& result)
{
    using net::HttpFailure;
    bool const never_sent =
        result.failure == HttpFailure::unreachable || result.failure == HttpFailure::no_descriptors || result.failure == HttpFailure::tls;
    Answer answer;
    answer.outcome = result.failure == HttpFailure::refused ? Outcome::refused : never_sent ? Outcome::not_done : Outcome::unknown;
    answer.detail = "Stripe was not reached: " + result.detail;
    return answer;
}

void count(Outcome outcome, std::chrono::nanoseconds took)
{
    static ops::Timing const time("pollux_stripe_call_seconds", "How long Stripe took to answer one call.");
    constexpr std::array<char const*, 4> words{"done", "refused", "unknown", "not_done"};
    ops::Counter("pollux_stripe_calls_total", "Calls of Stripe's API, by their outcome.",
                 {{"outcome", words.at(static_cast<std::size_t>(outcome))}})
        .add();
    time.observe(took);
}

Outcome outcome_of(int status)
{
    if (status >= 200 && status < 300) return Outcome::done;
    if (status == 429) return Outcome::not_done;
    if (status == 409 || status >= 500 || status < 200) return Outcome::unknown; // 409: the first call of its key is under way.
    return Outcome::refused;
}

} // namespace

Mode mode_of_key(std::string_view key)
{
    return key.starts_with("sk_live_") || key.starts_with("rk_live_") ? Mode::live : Mode::test;
}

std::string_view word_of(Mode mode)
{
    switch (mode) {
    case Mode::demo: return "demo";
    case Mode::test: return "test";
    case Mode::live: return "live";
    }
    return {};
}

bool is_repeatable(int status, std::string_view should_retry)
{
    if (should_retry == "true") return true;
    if (should_retry == "false") return false;
    return status == 0 || status == 409 || status >= 500;
}

Answer read_answer(int status, std::string_view body)
{
    Answer answer;
    answer.status = status;
    answer.outcome = outcome_of(status);
    boost::system::error_code failed;
    auto parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) {
        // What is no JSON is not Stripe's: something between us answered.
        if (answer.outcome == Outcome::done || answer.outcome == Outcome::refused) answer.outcome = Outcome::unknown;
        answer.detail = "Status " + std::to_string(status) + " without a JSON body";
        return answer;
    }
    answer.body = std::move(parsed.get_object());
    if (answer.outcome == Outcome::done) return answer;
    if (auto const* error = object_at(answer.body, "error")) {
        answer.error_type = text_at(*error, "type");
        answer.error_code = text_at(*error, "code");
        answer.error_parameter = text_at(*error, "param");
        answer.detail = text_at(*error, "message");
    }
    return answer;
}

Client::Client(ClientOptions options) : options_(std::move(options)), mode_(mode_of_key(options_.secret_key))
{
    while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

asio::awaitable<Answer> Client::call(Call call) const
{
    auto const latest = Steady::now() + options_.call_time_max;
    call.deadline = call.deadline == Steady::time_point{} ? latest : std::min(call.deadline, latest);
    net::Wakeup pause;
    bool is_unknown = false; // Whether one of the calls may have done it.
    for (int number = 0;; ++number) {
        auto answer = co_await once(call);
        is_unknown |= answer.outcome == Outcome::unknown;
        if (is_unknown && answer.outcome == Outcome::not_done) answer.outcome = Outcome::unknown;
        auto const next = Steady::now() + wait_before_call(number);
        if (!answer.may_be_repeated || number + 1 >= call.times_max || next >= call.deadline) co_return answer;
        co_await pause.wait(pause.count(), next);
    }
}

asio::awaitable<Answer> Client::once(Call const& call) const
{
    auto const began = Steady::now();
    auto const http = co_await net::fetch(http_request(options_, call));
    bool const is_whole = http.result.failure == net::HttpFailure::none;
    auto answer = is_whole ? read_answer(http.head.status, http.body) : no_answer(http.result);
    count(answer.outcome, Steady::now() - began);
    answer.request_id = http.head.header("request-id");
    answer.is_replayed = http.head.header("idempotent-replayed") == "true";
    answer.may_be_repeated = is_repeatable(is_whole ? http.head.status : 0, http.head.header("stripe-should-retry"));
    co_return answer;
}

} // namespace pollux::billing::stripe
