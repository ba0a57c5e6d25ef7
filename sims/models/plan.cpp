#include "models/plan.hpp"

#include <algorithm>
#include <chrono>

namespace pollux::sims {

namespace {

constexpr std::size_t stamp_characters = 17;

bool continues_character(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

} // namespace

std::string reply_text(ModelPlan const& plan, Question const& question)
{
    if (plan.stamps > 0) return std::string(static_cast<std::size_t>(plan.stamps) * stamp_characters, '0');
    auto text = plan.text.empty() ? echo(question) : plan.text;
    if (plan.text_bytes == 0) return text;
    auto const once = text;
    text.reserve(plan.text_bytes + once.size());
    while (text.size() < plan.text_bytes) text += once;
    return text;
}

std::vector<std::string_view> cut_text(std::string_view text, std::size_t characters)
{
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = begin;
        for (std::size_t count = 0; end < text.size() && count < characters; ++count) {
            ++end;
            while (end < text.size() && continues_character(text[end])) ++end;
        }
        pieces.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    if (pieces.empty()) pieces.emplace_back();
    return pieces;
}

std::vector<std::string_view> chunks_of(std::string_view text, ModelPlan const& plan)
{
    auto const characters = static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
    if (plan.stamps > 0) return cut_text(text, stamp_characters);
    if (plan.chunks > 0) {
        auto const wanted = static_cast<std::size_t>(plan.chunks);
        return cut_text(text, std::max<std::size_t>(1, (characters + wanted - 1) / wanted));
    }
    if (plan.chunk_characters > 0) return cut_text(text, static_cast<std::size_t>(plan.chunk_characters));
    return cut_text(text, std::max<std::size_t>(24, (characters + 9) / 10));
}

// Microseconds since 1970: the clock that all processes of a machine share.
std::string stamp()
{
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + " ";
}

} // namespace pollux::sims
