// What has to be remembered between calls to Gemini, as the opaque strings that the rest of the house keeps: the signatures that must
// be sent back where they stood in a reply, and where a reply was when the provider asked to be called again.
#pragma once

#include "ai/chat_model.hpp"

#include <cstddef>

namespace pollux::ai {

struct SignedPart {
    std::size_t begin = 0; // UTF-8 bytes of the reply's text; a part may be empty.
    std::size_t end = 0;
    std::string signature;
};

// A reply's parts. Signatures mean something to the model that made them only.
struct ReplyState {
    std::string model;
    std::vector<SignedPart> parts; // In order, not overlapping.
};

// The calls of one reply before this one.
struct ReplySoFar {
    std::string token;
    std::size_t text_bytes = 0;
    std::vector<SignedPart> parts;
    std::vector<Citation> citations;
};

std::string encode_state(ReplyState const& state); // Empty when there is nothing to remember, or too much (256 KiB).
std::string encode_so_far(ReplySoFar const& so_far);

// Both take any input: what they cannot read, or what does not fit `text`, is as if it were not there.
ReplyState decode_state(std::string_view encoded, std::string_view text);
ReplySoFar decode_so_far(std::string_view encoded);

} // namespace pollux::ai
