#include "bus/signal_notices.hpp"

#include "base/text.hpp"

namespace pollux::bus {
namespace {

constexpr char const* channel = "notices";

} // namespace

SignalNotices::SignalNotices(Signals& signals) : signals_(signals)
{
    subscription_ = signals_.subscribe(channel, [this](std::optional<std::string_view> payload) {
        if (payload) {
            hear(*payload);
        } else {
            here_.forget_all();
        }
    });
}

// "<user>\n<name>\n<json>"; without name: something that could not be told. It comes back to this process as to any other.
void SignalNotices::publish(UserId user, std::string name, std::string json)
{
    auto payload = std::to_string(user.value) + "\n" + name + "\n" + json;
    if (payload.size() > signal_bytes_max) payload = std::to_string(user.value) + "\n\n";
    signals_.publish(channel, payload);
}

void SignalNotices::hear(std::string_view payload)
{
    auto const user_end = payload.find('\n');
    if (user_end == std::string_view::npos) return;
    auto const user = parse_integer(payload.substr(0, user_end));
    payload.remove_prefix(user_end + 1);
    auto const name_end = payload.find('\n');
    if (!user || name_end == std::string_view::npos) return;
    if (name_end == 0) {
        here_.forget(UserId{*user});
    } else {
        here_.publish(UserId{*user}, std::string(payload.substr(0, name_end)), std::string(payload.substr(name_end + 1)));
    }
}

} // namespace pollux::bus
