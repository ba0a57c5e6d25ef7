#include "cli/chat/api_client.hpp"

#include "base/text.hpp"
#include "cli/chat/waiting_line.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::cli {
namespace {

constexpr std::chrono::seconds one_call_max{20};
constexpr std::chrono::seconds all_tries_max{60};
constexpr std::chrono::minutes stream_time_max{30};
constexpr std::chrono::seconds stream_silence_max{40}; // The server's heartbeat comes every 15 s.

bool may_repeat(Call const& call)
{
    return call.method == "GET" || !call.idempotency_key.empty();
}

bool is_passing(Answer const& answer)
{
    return answer.status == 0 || answer.status == 502 || answer.status == 503 || answer.status == 504 ||
           answer.code() == "idempotency_in_progress";
}

} // namespace

std::string Answer::problem() const
{
    if (status == 0) return "The server cannot be reached.";
    std::string detail = text_in(body, "detail");
    if (auto const* errors = value_in(body, "errors").if_array()) {
        for (JsonValue const& error : *errors) detail += " [" + text_in(error, "field") + ": " + text_in(error, "detail") + "]";
    }
    if (detail.empty()) return "The server answered " + std::to_string(status) + ".";
    return detail;
}

std::chrono::milliseconds backoff(int attempt)
{
    return std::min(std::chrono::milliseconds(100) * (1 << std::min(attempt, 5)), std::chrono::milliseconds(3000));
}

asio::awaitable<void> pause(std::chrono::milliseconds time)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

ApiClient::ApiClient(std::string base_url, TokenFile file, std::function<void(std::string const&)> notify)
    : base_url_(std::move(base_url)), file_(std::move(file)), tokens_(file_.load()), notify_(std::move(notify))
{
    while (base_url_.ends_with('/')) base_url_.pop_back();
}

asio::awaitable<Answer> ApiClient::try_once(Call const& call)
{
    net::HttpRequest request;
    request.method = call.method;
    request.url = base_url_ + call.path;
    request.deadline = Steady::now() + one_call_max;
    request.body = call.body;
    request.headers.push_back({"Accept", "application/json"});
    if (!call.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    if (!call.idempotency_key.empty()) request.headers.push_back({"Idempotency-Key", call.idempotency_key});
    if (call.auth == Auth::token) request.secret_headers.push_back({"Authorization", "Bearer " + tokens_.access});
    auto answered = co_await net::fetch(std::move(request));
    if (answered.result.failure == net::HttpFailure::refused) {
        throw ChatFailure("The address " + base_url_ + " cannot be used: " + answered.result.detail);
    }
    Answer answer;
    bool const is_whole = answered.result.failure == net::HttpFailure::none;
    answer.status = is_whole ? answered.head.status : 0;
    if (is_whole) answer.body = parse_json(answered.body);
    answer.retry_after = std::chrono::seconds(parse_integer(answered.head.header("retry-after")).value_or(0));
    co_return answer;
}

asio::awaitable<Answer> ApiClient::call(Call call)
{
    auto give_up_at = Steady::now() + all_tries_max;
    bool has_renewed = false;
    WaitingLine waiting(co_await asio::this_coro::executor, notify_, "Waiting for " + base_url_ + " to answer ...");
    for (int attempt = 0;; ++attempt) {
        Answer answer = co_await try_once(call);
        if (answer.status == 401 && call.auth == Auth::token && !has_renewed) {
            has_renewed = true;
            co_await renew_tokens();
            continue;
        }
        if (answer.status == 401 && call.auth == Auth::token) throw LoginNeeded("The session has ended.");
        if (!is_passing(answer) || !may_repeat(call)) co_return answer;
        auto wait = std::max(backoff(attempt), std::chrono::milliseconds(answer.retry_after));
        if (Steady::now() + wait > give_up_at) throw ChatFailure(answer.problem());
        waiting.is_now(answer.problem() + " Trying again ...");
        co_await pause(wait);
    }
}

net::HttpRequest ApiClient::stream_request(std::string const& path, std::string const& last_event_id) const
{
    net::HttpRequest request;
    request.url = base_url_ + path;
    request.headers = {{"Accept", "text/event-stream"}};
    if (!last_event_id.empty()) request.headers.push_back({"Last-Event-ID", last_event_id});
    request.secret_headers = {{"Authorization", "Bearer " + tokens_.access}};
    request.deadline = Steady::now() + stream_time_max;
    request.silence_max = stream_silence_max;
    request.body_bytes_max = 64 * 1024 * 1024;
    return request;
}

asio::awaitable<void> ApiClient::renew_tokens()
{
    WaitingLine waiting(co_await asio::this_coro::executor, notify_, "Renewing the session ...");
    TokenFile::Lock lock(file_);
    while (!lock.try_take()) co_await pause(std::chrono::milliseconds(50));
    Tokens const kept = file_.load();
    if (!kept.empty() && kept.refresh != tokens_.refresh) {
        tokens_ = kept; // Another client has renewed them meanwhile.
        co_return;
    }
    if (tokens_.empty()) throw LoginNeeded("Not logged in.");
    Call const refresh{"POST", "/auth/token/refresh/", json_object({{"refresh", tokens_.refresh}}), {}, Auth::none};
    auto give_up_at = Steady::now() + all_tries_max;
    for (int attempt = 0;; ++attempt) {
        // The same token may be sent again for ten seconds, so an answer that was lost is no harm.
        Answer const answer = co_await try_once(refresh);
        if (answer.is_ok()) co_return keep_tokens({text_in(answer.body, "access"), text_in(answer.body, "refresh"), tokens_.mobile});
        if (answer.status == 401 || answer.status == 400 || answer.status == 422) throw LoginNeeded("The session has ended.");
        if (Steady::now() > give_up_at) throw ChatFailure(answer.problem());
        waiting.is_now(answer.problem() + " Trying again ...");
        co_await pause(std::max(backoff(attempt), std::chrono::milliseconds(answer.retry_after)));
    }
}

void ApiClient::keep_tokens(Tokens tokens)
{
    tokens_ = std::move(tokens);
    file_.save(tokens_);
}

void ApiClient::forget_tokens()
{
    tokens_ = {};
    file_.forget();
}

} // namespace pollux::cli
