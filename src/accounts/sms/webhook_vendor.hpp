// Any vendor's SMS, by a signed POST to a URL of the operator's. The same message has the same id however often it comes, so what may have
// been sent is sent again, and whoever takes it sends it once.
//
//     POST SMS_WEBHOOK_URL
//     Idempotency-Key: <id>
//     X-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256 of "<t>.<body>" by SMS_WEBHOOK_SECRET>
//     {"id":"<uuid>","to":"+...","body":"...","purpose":"login_otp","ttl_s":290}
//
// 2xx: taken. 4xx but 408, 409 and 429: refused for good. Everything else: it comes again.
#pragma once

#include "accounts/sms/vendor.hpp"

namespace pollux::accounts::sms {

struct WebhookOptions {
    std::string url;
    std::string secret;
    std::chrono::milliseconds connect_time_max{3'000};
    std::chrono::milliseconds call_time_max = sms::call_time_max;
};

class WebhookVendor final : public Vendor {
public:
    WebhookVendor(WebhookOptions options, Clock const& clock) : options_(std::move(options)), clock_(clock) {}

    asio::awaitable<Answer> send(Message message, Steady::time_point deadline) const override;
    bool knows_repeats() const override { return true; }
    std::string_view name() const override { return "webhook"; }
    asio::awaitable<Check> check(Steady::time_point deadline) const override;

private:
    WebhookOptions options_;
    Clock const& clock_; // For the signature.
};

std::string webhook_body(Message const& message);
std::string webhook_signature(std::string_view body, std::string_view secret, Time now);
Answer read_webhook_answer(int status);

} // namespace pollux::accounts::sms
