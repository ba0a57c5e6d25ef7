// What is kept of the calls to models that a reply took: a JSON list in messages.calls, for operators. Whoever writes the reply adds a call
// when it ends and writes the list down with its next transaction, so a process that dies loses only the call it was in. No I/O.
#pragma once

#include "ai/chat_model.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "chat/replies/running_replies.hpp"

#include <boost/describe/enum.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pollux::chat {

// More are made only where a process ended again and again in the middle of one; then the newest ones stay.
constexpr std::size_t calls_kept_max = 4;

enum class CallOutcome {
    completed,    // The reply is whole.
    blocked,      // The provider's filter ended it.
    continues,    // The next call goes on with the same reply.
    rate_limited, // Asked too often: it answers again before long.
    unavailable,  // No answer, or half of one.
    refused,      // For good: a wrong key, an unknown model, a question that it does not take, a day's or a purse's last call made.
    without_text, // An answer of something else.
    too_large,
    stopped,     // By its user.
    timed_out,   // The reply's ten minutes were over.
    interrupted, // The process had to stop; another one goes on.
};
BOOST_DESCRIBE_ENUM(CallOutcome, completed, blocked, continues, rate_limited, unavailable, refused, without_text, too_large, stopped,
                    timed_out, interrupted)

struct KeptCall {
    std::string model; // Our id of it.
    Time started_at;
    std::optional<Time> first_text_at; // Or thoughts: what readers saw first.
    Time ended_at;
    CallOutcome outcome = CallOutcome::completed;
    bool has_text = false;          // Readers have seen text of it, not thoughts alone.
    std::int64_t not_before_us = 0; // Since 1970: the model is to be left alone until then. 0: it need not be.
};
POLLUX_DESCRIBE(KeptCall, (model, started_at, first_text_at, ended_at, outcome, has_text, not_before_us))

// nullopt: nothing of it is to be kept, since the call never left this process, or the reply is somebody else's now.
std::optional<CallOutcome> outcome_of(std::optional<std::variant<ai::Finished, ai::Continues, ai::Failed>> const& end, StopReason stop);

// The list with one call more. `kept` may be empty; what it says of other calls stays as it is, also where a later version wrote it.
std::string with_call(std::string_view kept, KeptCall const& call);

// What the list says of the calls before, for who chooses whom to ask next.
struct PastCall {
    std::string model;
    std::optional<CallOutcome> outcome; // Empty: a word that only a later version knows.
    bool has_text = false;              // An older version says neither this nor the next.
    Time not_before{};

    bool is_failure() const; // Of the model, or of the way there.
    bool is_refusal() const; // The same call would end so again.
};
std::vector<PastCall> past_calls(std::string_view kept);

} // namespace pollux::chat
