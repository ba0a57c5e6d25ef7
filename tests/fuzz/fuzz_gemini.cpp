// Gemini's stream: whatever comes, the text is UTF-8, there is exactly one end, and the cut of the bytes changes nothing.
#include "ai/gemini/gemini_decoder.hpp"
#include "ai/gemini/gemini_error.hpp"
#include "base/text.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace pollux::ai;

struct Outcome {
    std::string text;
    std::size_t end = 0; // Which alternative of ModelEvent.
    std::size_t ends = 0;

    bool operator==(Outcome const&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t piece_bytes, ReplySoFar so_far)
{
    GeminiDecoder decoder("gemini-x", std::move(so_far));
    Outcome outcome;
    auto const drain = [&] {
        while (auto event = decoder.next()) {
            if (outcome.ends > 0) std::abort();
            if (auto* delta = std::get_if<TextDelta>(&*event)) {
                if (delta->text.empty() || !pollux::is_utf8(delta->text)) std::abort();
                outcome.text += delta->text;
            }
            if (auto* found = std::get_if<CitationsFound>(&*event)) {
                for (auto const& one : found->citations) {
                    if (one.start < 0 || one.end < one.start) std::abort();
                }
            }
            bool const last = std::holds_alternative<Finished>(*event) || std::holds_alternative<Continues>(*event) ||
                              std::holds_alternative<Failed>(*event);
            if (last) {
                outcome.end = event->index();
                ++outcome.ends;
            }
        }
    };
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        decoder.feed(bytes.substr(at, piece_bytes));
        drain();
    }
    decoder.end("");
    drain();
    if (outcome.ends != 1) std::abort();
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const so_far = decode_so_far(bytes.substr(0, bytes.find('\n')));
    if (decode(bytes, bytes.size() + 1, so_far) != decode(bytes, 1 + data[0] % 16, so_far)) std::abort();

    auto const state = decode_state(bytes, bytes);
    for (auto const& part : state.parts) {
        if (part.end > bytes.size() || part.begin > part.end) std::abort();
    }
    read_error_answer(100 + data[0] * 2, bytes, bytes);
    return 0;
}
