// A vendor that is reached by one signed POST, and that takes the same id once: what SMS_WEBHOOK_URL asks of whoever stands there.
//
//     POST /sms
//     Idempotency-Key: <id>
//     X-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256 of "<t>.<body>">
//     {"id": "<uuid>", "to": "+...", "body": "...", "purpose": "login_otp", "ttl_s": 290}
#pragma once

#include "sms/answering.hpp"

namespace pollux::sims::sms {

inline constexpr char webhook_path[] = "/sms";

asio::awaitable<After> answer_webhook(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

} // namespace pollux::sims::sms
