// Debug's stand-in for a vendor: it takes everything and brings it nowhere. What it was given stands in /dev/inbox/.
#pragma once

#include "accounts/sms/vendor.hpp"

namespace pollux::accounts::sms {

class InboxVendor final : public Vendor {
public:
    asio::awaitable<Answer> send(Message message, Steady::time_point) const override
    {
        co_return Answer{.sent = Sent::accepted, .provider_id = std::move(message.id), .code = {}, .retry_after = {}};
    }
    bool knows_repeats() const override { return true; }
    std::string_view name() const override { return "inbox"; }
    asio::awaitable<Check> check(Steady::time_point) const override { co_return Check{Check::Health::well, "takes everything"}; }
};

} // namespace pollux::accounts::sms
