// Where a reply's sources are found in Gemini's answers, turned into links with places in the reply's text.
#pragma once

#include "ai/chat_model.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>

namespace pollux::ai {

// The parts of a reply as Gemini counts them, though a stream gives each in many pieces: where each begins in the reply's text.
struct PartPlace {
    enum class Kind { text, thought, other } kind = Kind::text;
    std::size_t begin = 0;
};

// The sources that one candidate object names, of citationMetadata and groundingMetadata; nothing when it names none. Only http and
// https links. A place that does not fit the text is given as 0 to 0. `text_before` bytes of the reply came in earlier calls.
std::optional<std::vector<Citation>> read_citations(boost::json::object const& candidate, std::string_view text,
                                                    std::vector<PartPlace> const& parts, std::size_t text_before);

} // namespace pollux::ai
