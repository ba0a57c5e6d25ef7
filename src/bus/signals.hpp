// What nodes tell each other: short words on named channels, to everybody who listens, in the sender's process too. At most once: a
// signal may be lost at any moment, so a listener also looks for itself from time to time. One process: in memory. Many: Redis
// or PostgreSQL.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::bus {

// The longest payload that every implementation carries; a longer one is dropped.
constexpr std::size_t signal_bytes_max = 7'900;

class Signals {
public:
    // Called on some thread: must be short, must not throw, publish or subscribe. Nothing instead of a payload: the subscription has
    // only now begun, or began again after an outage, and what was published before may have been missed.
    using Handler = std::function<void(std::optional<std::string_view> payload)>;

    // Ends the subscription when it is destroyed; then `handler` does not run, and will not. Not to be destroyed by its own handler.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };

    virtual ~Signals() = default;

    // From any thread; never waits, never throws.
    virtual void publish(std::string_view channel, std::string_view payload) = 0;

    // From any thread. Signals may be missed until the handler was called without payload, or from now on if it never is. Channel
    // names are short and of letters, digits, ':', '{' and '}'. The subscription dies before the Signals.
    [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) = 0;
};

} // namespace pollux::bus
