#include "ai/checked_event.hpp"

#include "base/repaired_text.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace pollux::ai {
namespace {

bool is_storable(std::string_view text)
{
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

std::string cut(std::string text, std::size_t characters_max)
{
    auto const repaired = repaired_utf8(std::move(text));
    return std::string(cut_code_points(repaired, characters_max));
}

// A link that has to be mended leads nowhere.
bool is_link(std::string_view url)
{
    bool const is_web = url.starts_with("https://") || url.starts_with("http://");
    return is_web && url.size() <= citation_url_bytes_max && is_storable(url) && !has_control_or_bidi(url);
}

struct Check {
    void operator()(TextDelta& delta) const { delta.text = repaired_utf8(std::move(delta.text)); }
    void operator()(ThoughtDelta& delta) const { delta.text = repaired_utf8(std::move(delta.text)); }
    void operator()(CitationsFound& found) const
    {
        std::erase_if(found.citations, [](Citation const& citation) { return !is_link(citation.url); });
        if (found.citations.size() > citations_max) found.citations.resize(citations_max);
        for (auto& citation : found.citations) {
            citation.title = cut(std::move(citation.title), citation_title_characters_max);
            if (has_control_or_bidi(citation.title)) citation.title.clear();
            bool const is_place = 0 <= citation.start && citation.start <= citation.end;
            if (!is_place) citation.start = citation.end = 0;
        }
    }
    void operator()(UsageSoFar& so_far) const
    {
        for (auto* tokens : {&so_far.usage.prompt_tokens, &so_far.usage.completion_tokens, &so_far.usage.thought_tokens})
            *tokens = checked_tokens(*tokens);
    }
    void operator()(Finished& finished) const
    {
        auto& state = finished.provider_state;
        if (state.size() > provider_state_bytes_max || !is_storable(state)) state.clear();
    }
    void operator()(Continues&) const {}
    void operator()(Failed& failed) const { failed.detail = cut(std::move(failed.detail), failure_detail_characters_max); }
};

} // namespace

std::int64_t checked_tokens(std::int64_t count)
{
    return std::clamp<std::int64_t>(count, 0, tokens_a_call_max);
}

ModelEvent checked(ModelEvent event)
{
    auto const* continues = std::get_if<Continues>(&event);
    if (continues && continues->token.size() > continuation_bytes_max) return Finished{FinishReason::other, {}};
    std::visit(Check{}, event);
    return event;
}

} // namespace pollux::ai
