// Who brings a text to a phone. A vendor sends one message and says what became of it; when to send, whether at all, and what follows is
// the code sender's (accounts/code_sender.hpp). Safe from any thread.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts::sms {

namespace asio = boost::asio;

// No vendor's call lasts longer; and so long after its mark nothing of a message leaves any more, whatever became of its process: a run
// that stood still between mark and call sends nothing, and the clocks of two nodes may differ a little.
constexpr std::chrono::seconds call_time_max{8};
constexpr std::chrono::seconds mark_to_post_max{3};
constexpr std::chrono::seconds clocks_apart_max{2};
constexpr auto in_flight_max = mark_to_post_max + call_time_max + clocks_apart_max;

struct Message {
    std::string id; // Ours, random: the same each time that it is sent.
    std::string to; // E.164.
    std::string body;
    std::string purpose; // "login": for vendors that tell kinds of texts apart.
    std::chrono::seconds valid_for{0};
};

enum class Sent {
    accepted,
    refused,   // For good: the same message would be refused again.
    not_taken, // It was certainly not sent, and may be tried again.
    unknown,   // It may have been sent or not.
};

struct Answer {
    Sent sent = Sent::unknown;
    std::string provider_id; // The vendor's, where it was accepted.
    std::string code; // Why not, as a word for operators: "21211", "http_503", "timed_out". Never a vendor's sentence, number or text.
    std::optional<std::chrono::seconds> retry_after;
};

// What `pollux doctor` asks.
struct Check {
    enum class Health { well, ill, not_asked };
    Health health = Health::not_asked;
    std::string what; // For the operator.
};

class Vendor {
public:
    virtual ~Vendor() = default;

    // Throws nothing of the network.
    virtual asio::awaitable<Answer> send(Message message, Steady::time_point deadline) const = 0;

    // Whether a message that comes again by its id is sent once: then what is unknown is sent again.
    virtual bool knows_repeats() const = 0;

    virtual std::string_view name() const = 0; // "twilio"; of those there are a handful.

    virtual asio::awaitable<Check> check(Steady::time_point deadline) const = 0; // Changes nothing, sends nothing.
};

} // namespace pollux::accounts::sms
