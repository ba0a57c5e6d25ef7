// A provider's text, whose pieces may be cut inside a character: between two bytes, or between the two halves of a surrogate pair.
#pragma once

#include <string>
#include <string_view>

namespace pollux::ai {

// A text that grows by pieces. What comes out is valid UTF-8 without NUL: the beginning of a character waits for the next piece, and what
// is no character becomes U+FFFD.
class PieceJoiner {
public:
    std::string add(std::string_view piece);
    std::string end(); // What still waited: nothing, or U+FFFD.

private:
    std::string tail_;
};

// A JSON text without escapes of single surrogates, which Boost.JSON refuses: each stands there as the three bytes that UTF-8 would give
// it, which PieceJoiner puts together with the other half.
std::string surrogates_as_bytes(std::string_view json);

} // namespace pollux::ai
