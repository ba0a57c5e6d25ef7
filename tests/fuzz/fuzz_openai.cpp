// A compatible server's stream: whatever comes, the text is UTF-8, there is exactly one end, figures are no less than nothing, and the cut
// of the bytes changes nothing.
#include "ai/openai/openai_decoder.hpp"
#include "ai/openai/openai_error.hpp"
#include "base/text.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace pollux::ai;

struct Outcome {
    std::string text;
    std::string thoughts;
    Usage usage;
    std::size_t end = 0; // Which alternative of ModelEvent.
    std::size_t ends = 0;

    bool operator==(Outcome const&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t piece_bytes)
{
    OpenAiDecoder decoder(7);
    Outcome outcome;
    auto const grow = [](std::string& whole, std::string const& piece) {
        if (piece.empty() || !pollux::is_utf8(piece)) std::abort();
        whole += piece;
    };
    auto const drain = [&] {
        while (auto event = decoder.next()) {
            if (outcome.ends > 0) std::abort();
            if (auto* delta = std::get_if<TextDelta>(&*event)) grow(outcome.text, delta->text);
            if (auto* thought = std::get_if<ThoughtDelta>(&*event)) grow(outcome.thoughts, thought->text);
            if (auto* so_far = std::get_if<UsageSoFar>(&*event)) {
                outcome.usage = so_far->usage;
                auto const least = std::min({outcome.usage.prompt_tokens, outcome.usage.completion_tokens, outcome.usage.thought_tokens});
                if (least < 0) std::abort();
            }
            bool const last = std::holds_alternative<Finished>(*event) || std::holds_alternative<Failed>(*event);
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
    if (decode(bytes, bytes.size() + 1) != decode(bytes, 1 + data[0] % 16)) std::abort();
    read_openai_refusal(100 + data[0] * 2, bytes, {bytes, bytes});
    return 0;
}
