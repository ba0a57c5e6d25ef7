// What a model is told before it answers: pure functions from the room's past to a request's turns.
#pragma once

#include "ai/chat_model.hpp"
#include "chat/rooms/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::chat {

struct PastTurn {
    MessageRole role = MessageRole::user;
    std::string text;
    bool is_usable =
        true; // False for what must not be shown to the model: failed, blocked, queued, streaming. Stopped with text is usable.
    std::string provider_state; // Of a reply; may be empty.
};

using TokenEstimate = std::function<std::int64_t(std::string_view utf8)>;

// `chain` is oldest first and ends with the question to answer (replies behind the last question are left out, as is a question that
// has no usable reply with text: a blocked exchange, seen again, would block the room for good). The result alternates, starts and ends
// with a user turn, and is the longest unbroken run of newest exchanges that fits `token_budget` together with the question. The question
// stays whole even if it alone is over the budget: its length is limited where it is sent. Empty only when the chain holds no question.
std::vector<ai::Turn> fit_context(std::vector<PastTurn> chain, std::int64_t token_budget, TokenEstimate const& estimate);

// The system instruction: the service's, the room's and the user's, as far as they are set, with a blank line between.
std::string join_system_text(std::string_view service, std::string_view room, std::string_view user);

} // namespace pollux::chat
