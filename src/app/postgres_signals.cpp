#include "app/postgres_signals.hpp"

#include "base/reason.hpp"
#include "base/secrets.hpp"
#include "ops/failure.hpp"
#include "ops/log.hpp"

namespace pollux::app {
namespace {

constexpr char const* wire_channel = "pollux_signals";
constexpr std::size_t wire_bytes_max = 7'999; // PostgreSQL's.
constexpr std::size_t pending_max = 10'000;   // Over it the oldest are dropped.
constexpr std::size_t sent_at_once_max = 500; // In one statement.
constexpr std::chrono::seconds idle_look{60}; // Longer than a wake-up can take.
constexpr std::chrono::seconds stop_max{2};

// "<sender>\n<channel>\n<payload>". Delivers it, unless it is our own.
void hear(bus::Subscribers& subscribers, std::string_view sender, std::string_view wire)
{
    auto const sender_end = wire.find('\n');
    if (sender_end == std::string_view::npos || wire.substr(0, sender_end) == sender) return;
    wire.remove_prefix(sender_end + 1);
    auto const channel_end = wire.find('\n');
    if (channel_end == std::string_view::npos) return;
    subscribers.deliver(wire.substr(0, channel_end), wire.substr(channel_end + 1));
}

} // namespace

PostgresSignals::PostgresSignals(db::PostgresDatabase& database, net::Runtime& runtime)
    : database_(database), runtime_(runtime), sender_(to_hex(random_bytes(8))), tasks_(ops::must_not_fail)
{}

void PostgresSignals::start()
{
    db::Listener listener;
    listener.on_payload = [subscribers = subscribers_, sender = sender_](std::string_view wire) { hear(*subscribers, sender, wire); };
    listener.on_listening = [subscribers = subscribers_, is_up = is_up_] {
        *is_up = true;
        subscribers->deliver_to_all(std::nullopt);
    };
    database_.listen(wire_channel, std::move(listener));
    tasks_.spawn(runtime_.next_executor(), send_until_stop());
}

void PostgresSignals::stop()
{
    is_stopping_ = true;
    published_.notify();
    tasks_.wait(stop_max);
}

void PostgresSignals::publish(std::string_view channel, std::string_view payload)
{
    if (payload.size() > bus::signal_bytes_max) return;
    std::string wire;
    wire.append(sender_).append("\n").append(channel).append("\n").append(payload);
    if (wire.size() <= wire_bytes_max) {
        {
            std::lock_guard const lock(mutex_);
            pending_.push_back(std::move(wire));
            if (pending_.size() > pending_max) pending_.pop_front();
        }
        published_.notify();
    }
    subscribers_->deliver(channel, payload);
}

std::unique_ptr<bus::Signals::Subscription> PostgresSignals::subscribe(std::string channel, Handler handler)
{
    return subscribers_->add(std::move(channel), std::move(handler));
}

asio::awaitable<void> PostgresSignals::send_until_stop()
{
    for (;;) {
        auto const seen = published_.count();
        auto payloads = take_some();
        if (!payloads.empty()) {
            co_await send(std::move(payloads));
            continue;
        }
        if (is_stopping_) co_return;
        co_await published_.wait(seen, Steady::now() + idle_look);
    }
}

asio::awaitable<void> PostgresSignals::send(std::vector<std::string> payloads)
{
    try {
        co_await db::notify(database_, wire_channel, std::move(payloads));
    } catch (std::exception const& failure) {
        ops::log(ops::Level::debug, "signals_lost", {{"reason", reason_of(failure)}});
    }
}

std::vector<std::string> PostgresSignals::take_some()
{
    std::lock_guard const lock(mutex_);
    auto const end = pending_.begin() + static_cast<std::ptrdiff_t>(std::min(pending_.size(), sent_at_once_max));
    std::vector<std::string> some(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
    pending_.erase(pending_.begin(), end);
    return some;
}

} // namespace pollux::app
