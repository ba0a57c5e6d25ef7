#include "accounts/sms/webhook_vendor.hpp"

#include "accounts/sms/calls.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"

#include <algorithm>

namespace pollux::accounts::sms {
namespace {

struct Posted {
    std::string id;
    std::string to;
    std::string body;
    std::string purpose;
    std::int64_t ttl_s = 0;
};
POLLUX_DESCRIBE(Posted, (id, to, body, purpose, ttl_s))

} // namespace

std::string webhook_body(Message const& message)
{
    return to_json(Posted{message.id, message.to, message.body, message.purpose + "_otp", message.valid_for.count()});
}

std::string webhook_signature(std::string_view body, std::string_view secret, Time now)
{
    auto const time = std::to_string(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
    auto const mac = hmac_sha256(secret, time + "." + std::string(body));
    return "t=" + time + ",v1=" + to_hex(mac);
}

Answer read_webhook_answer(int status)
{
    Answer answer;
    if (status < 200 || status >= 300) answer.code = "http_" + std::to_string(status);
    if (status >= 200 && status < 300) {
        answer.sent = Sent::accepted;
    } else if (status == 429) {
        answer.sent = Sent::not_taken;
    } else if (status == 408 || status == 409 || status >= 500 || status < 200) {
        answer.sent = Sent::unknown;
    } else {
        answer.sent = Sent::refused; // A redirect, too: none is followed.
    }
    return answer;
}

asio::awaitable<Answer> WebhookVendor::send(Message message, Steady::time_point deadline) const
{
    auto const began = Steady::now();
    net::HttpRequest http;
    http.method = "POST";
    http.url = options_.url;
    http.body = webhook_body(message);
    http.headers = {{"content-type", "application/json"}, {"idempotency-key", message.id}};
    http.secret_headers = {{"x-signature", webhook_signature(http.body, options_.secret, clock_.now())}};
    http.deadline = std::min(deadline, began + options_.call_time_max);
    http.connect_time_max = options_.connect_time_max;
    http.body_bytes_max = answer_bytes_max;
    auto const answered = co_await net::fetch(std::move(http));
    bool const is_whole = answered.result.failure == net::HttpFailure::none;
    auto answer = is_whole ? read_webhook_answer(answered.head.status) : no_answer(answered.result);
    answer.retry_after = retry_after_of(answered.head);
    count_call(name(), answer, Steady::now() - began);
    co_return answer;
}

// There is no question that would mean the same to everybody who may stand there.
asio::awaitable<Check> WebhookVendor::check(Steady::time_point) const
{
    co_return Check{Check::Health::not_asked, "only a text that is sent shows that it is taken"};
}

} // namespace pollux::accounts::sms
