// What every provider of replies can do, wide enough for text, thoughts, citations, usage, a finish reason and state that must be
// sent back to the provider later (Gemini: thought signatures, continuation tokens).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pollux::ai {

namespace asio = boost::asio;

enum class Role { user, assistant };

struct Turn {
    Role role = Role::user;
    std::string text;
    std::string provider_state; // What Finished.provider_state was for this reply, sent back to the same provider; may be empty.
};

// title: a name for a conversation. It may wait: it takes only a slot that replies leave.
enum class Purpose { reply, title };

struct ChatRequest {
    std::string model;        // The provider's name of it: "gemini-flash-latest".
    std::string system;       // Never part of the turns; may be empty.
    std::vector<Turn> turns;  // Roles alternate, first and last are the user's.
    std::string continuation; // What Continues.token was; empty for a new reply.
    std::chrono::steady_clock::time_point deadline;
    std::string request_id; // For the log; the same in all calls for one reply.
    Purpose purpose = Purpose::reply;
    std::function<asio::awaitable<bool>()> may_begin{}; // Of what may wait: asked once it has its slot. False: it was not called.
};

struct Citation {
    std::string url;
    std::string title;
    std::int64_t start = 0; // UTF-8 bytes into the reply's text.
    std::int64_t end = 0;
};

struct Usage {
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t thought_tokens = 0;
    bool is_estimated = false; // The provider did not say: we have counted, roughly.
    bool operator==(Usage const&) const = default;
};

enum class FinishReason { stop, length, blocked, other }; // other: the provider has a word for it that we do not know.

struct TextDelta {
    std::string text; // Whole UTF-8 characters.
};
struct ThoughtDelta {
    std::string text;
};
struct CitationsFound {
    std::vector<Citation> citations; // All so far; replaces what came before.
};
struct UsageSoFar {
    Usage usage; // The running total of this call.
};
// The reply is complete.
struct Finished {
    FinishReason reason = FinishReason::stop;
    std::string provider_state; // To keep with the reply; may be empty.
};
// The provider wants to be called again with this token to go on with the same reply (nothing is glued by us).
struct Continues {
    std::string token;
};
// The call ended without a complete reply. Never shown to a user.
struct Failed {
    // transient: 429, 5xx, time-outs, cuts, garbage. permanent: a wrong key, an unknown model. not_called: the call never left this
    // process, which says nothing of the model and costs the reply no call.
    enum class Kind { transient, permanent, not_called };
    Kind kind = Kind::transient;
    std::optional<std::chrono::milliseconds> retry_after; // As the provider said.
    std::string detail;                                   // For operators' log; holds no key.
    enum class Reason { unanswered, rate_limited, without_text, too_large };
    Reason reason = Reason::unanswered; // Why, as far as it is the answer's fault and not the call's.
};

using ModelEvent = std::variant<TextDelta, ThoughtDelta, CitationsFound, UsageSoFar, Finished, Continues, Failed>;

// One call. Ends with exactly one of Finished, Continues, Failed; next() is not called after that. The destructor cancels the call
// upstream at once. Lives on the executor that awaits next().
class ChatStream {
public:
    virtual ~ChatStream() = default;
    virtual asio::awaitable<ModelEvent> next() = 0;
};

// A provider. Safe to call from any I/O thread.
class ChatModel {
public:
    virtual ~ChatModel() = default;

    virtual std::string_view provider() const = 0; // "gemini", "demo".

    // Must be called on the executor that will await the stream.
    virtual std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest request) = 0;
};

} // namespace pollux::ai
