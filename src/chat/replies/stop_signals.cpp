#include "chat/replies/stop_signals.hpp"

#include "base/text.hpp"
#include "chat/replies/running_replies.hpp"

namespace pollux::chat {
namespace {

constexpr std::string_view channel = "replies:end";

// A letter, then the id.
void signal(bus::Signals& signals, char what, std::int64_t id)
{
    signals.publish(channel, what + std::to_string(id));
}

void obey(RunningReplies& running, std::string_view payload)
{
    if (payload.empty()) return;
    auto const id = parse_integer(payload.substr(1));
    if (!id) return;
    switch (payload.front()) {
    case 's': running.stop(MessageId{*id}, StopReason::by_user); break;
    case 'd': running.stop(MessageId{*id}, StopReason::dropped); break;
    case 'u': running.stop_user(UserId{*id}, StopReason::dropped); break;
    default: break; // Of a newer version.
    }
}

} // namespace

void signal_stop(bus::Signals& signals, MessageId reply)
{
    signal(signals, 's', reply.value);
}

void signal_drop(bus::Signals& signals, MessageId reply)
{
    signal(signals, 'd', reply.value);
}

void signal_drop_user(bus::Signals& signals, UserId user)
{
    signal(signals, 'u', user.value);
}

std::unique_ptr<bus::Signals::Subscription> obey_stops(bus::Signals& signals, RunningReplies& running)
{
    return signals.subscribe(std::string(channel), [&running](std::optional<std::string_view> payload) {
        if (payload) obey(running, *payload);
    });
}

} // namespace pollux::chat
