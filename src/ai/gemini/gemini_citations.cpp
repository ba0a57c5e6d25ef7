#include "ai/gemini/gemini_citations.hpp"

#include "ai/checked_event.hpp"
#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>

namespace pollux::ai {

namespace json = boost::json;

namespace {

struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// [begin, end) when it is a piece of the text, else [0, 0).
Place place_in(std::string_view text, std::int64_t begin, std::int64_t end)
{
    bool const inside = begin >= 0 && begin < end && static_cast<std::uint64_t>(end) <= text.size();
    if (!inside) return {};
    Place const place{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
    return is_character_border(text, place.begin) && is_character_border(text, place.end) ? place : Place{};
}

void add(std::vector<Citation>& citations, std::string_view url, std::string_view title, Place place, std::size_t text_before)
{
    bool const link = url.starts_with("https://") || url.starts_with("http://");
    if (!link || url.size() > citation_url_bytes_max || !is_utf8(url) || has_control_or_bidi(url) || citations.size() == citations_max)
        return;
    bool const placed = place.end > 0;
    auto const offset = [&](std::size_t at) { return placed ? static_cast<std::int64_t>(at + text_before) : 0; };
    bool const is_shown = is_utf8(title) && !has_control_or_bidi(title);
    auto const shown = is_shown ? cut_code_points(title, citation_title_characters_max) : std::string_view();
    citations.push_back({std::string(url), std::string(shown), offset(place.begin), offset(place.end)});
}

void read_citation_sources(json::object const& metadata, std::string_view text, std::size_t text_before, std::vector<Citation>& citations)
{
    auto const* sources = array_at(metadata, "citationSources");
    if (!sources) return;
    for (auto const& value : *sources) {
        auto const* source = value.if_object();
        if (!source) continue;
        auto const place = place_in(text, number_at(*source, "startIndex", 0), number_at(*source, "endIndex", 0));
        add(citations, text_at(*source, "uri"), text_at(*source, "title"), place, text_before);
    }
}

// Bytes into the part that partIndex counts. Google's own text of the segment is the proof: where it stands elsewhere, that holds.
Place segment_place(json::object const& segment, std::string_view text, std::vector<PartPlace> const& parts)
{
    auto const index = static_cast<std::uint64_t>(number_at(segment, "partIndex", 0));
    bool const of_text = index < parts.size() && parts[index].kind == PartPlace::Kind::text;
    auto const base = of_text ? static_cast<std::int64_t>(parts[index].begin) : 0;
    auto const length_max = static_cast<std::int64_t>(text.size());
    auto const start = std::clamp<std::int64_t>(number_at(segment, "startIndex", 0), -1, length_max + 1);
    auto const end = std::clamp<std::int64_t>(number_at(segment, "endIndex", 0), -1, length_max + 1);
    auto const place = place_in(text, base + start, base + end);

    auto const proof = text_at(segment, "text");
    if (proof.empty() || text.substr(place.begin, place.end - place.begin) == proof) return place;
    auto const found = text.find(proof);
    return found == std::string_view::npos ? Place{} : Place{found, found + proof.size()};
}

json::object const* web_of(json::array const& chunks, std::int64_t index)
{
    if (index < 0 || static_cast<std::uint64_t>(index) >= chunks.size()) return nullptr;
    auto const* chunk = chunks[static_cast<std::size_t>(index)].if_object();
    return chunk ? object_at(*chunk, "web") : nullptr;
}

void read_grounding(json::object const& metadata, std::string_view text, std::vector<PartPlace> const& parts, std::size_t text_before,
                    std::vector<Citation>& citations)
{
    auto const* chunks = array_at(metadata, "groundingChunks");
    if (!chunks) return;
    auto const* supports = array_at(metadata, "groundingSupports");
    if (!supports || supports->empty()) {
        for (std::size_t index = 0; index < chunks->size(); ++index) {
            if (auto const* web = web_of(*chunks, static_cast<std::int64_t>(index)))
                add(citations, text_at(*web, "uri"), text_at(*web, "title"), {}, text_before);
        }
        return;
    }
    for (auto const& value : *supports) {
        auto const* support = value.if_object();
        auto const* indices = support ? array_at(*support, "groundingChunkIndices") : nullptr;
        if (!indices) continue;
        auto const* segment = object_at(*support, "segment");
        auto const place = segment ? segment_place(*segment, text, parts) : Place{};
        for (auto const& index : *indices) {
            auto const* web = index.is_int64() ? web_of(*chunks, index.get_int64()) : nullptr;
            if (web) add(citations, text_at(*web, "uri"), text_at(*web, "title"), place, text_before);
        }
    }
}

} // namespace

std::optional<std::vector<Citation>> read_citations(json::object const& candidate, std::string_view text,
                                                    std::vector<PartPlace> const& parts, std::size_t text_before)
{
    std::vector<Citation> citations;
    if (auto const* metadata = object_at(candidate, "citationMetadata")) read_citation_sources(*metadata, text, text_before, citations);
    if (auto const* metadata = object_at(candidate, "groundingMetadata")) read_grounding(*metadata, text, parts, text_before, citations);
    if (citations.empty()) return std::nullopt;
    return citations;
}

} // namespace pollux::ai
