#include "ai/model_list.hpp"

#include "ai/capped_model.hpp"
#include "ai/demo/demo_model.hpp"

#include <algorithm>

namespace pollux::ai {

namespace {

Error wrong(std::string message)
{
    return {ErrorKind::invalid, "invalid_models", std::move(message)};
}

std::vector<std::string> names_or_default(ModelsOptions const& options)
{
    if (!options.names.empty()) return options.names;
    if (!options.gemini.api_key.empty()) return {"gemini:" + options.gemini_model};
    if (options.demo_by_default == DemoByDefault::yes) return {"demo"};
    return {};
}

Result<ModelEntry> build_entry(std::string const& id, ModelsOptions const& options)
{
    auto const colon = id.find(':');
    ModelEntry entry{id, id.substr(0, colon), colon == std::string::npos ? std::string() : id.substr(colon + 1), nullptr,
                     std::make_unique<CallBreaker>()};

    if (id == "demo") {
        entry.name = "demo";
        entry.model = std::make_unique<DemoModel>(options.demo_tokens_per_second);
    } else if (entry.provider == "gemini") {
        if (entry.name.empty()) return wrong("AI_MODELS: write gemini:NAME, for example gemini:gemini-flash-latest.");
        if (options.gemini.api_key.empty()) return wrong("AI_MODELS names " + id + ", but GEMINI_API_KEY is not set.");
        entry.model = std::make_unique<GeminiModel>(options.gemini);
    } else {
        return wrong("AI_MODELS: \"" + id + "\" is no model I know; write gemini:NAME or demo.");
    }
    entry.model = std::make_unique<CappedModel>(std::move(entry.model), options.calls_at_once_max);
    return entry;
}

} // namespace

ModelEntry const* Models::find(std::string_view id_or_name) const
{
    auto found = std::ranges::find(entries_, id_or_name, &ModelEntry::id);
    if (found == entries_.end()) found = std::ranges::find(entries_, id_or_name, &ModelEntry::name);
    return found == entries_.end() ? nullptr : &*found;
}

Result<Models> build_models(ModelsOptions const& options)
{
    std::vector<ModelEntry> entries;
    for (auto const& id : names_or_default(options)) {
        if (std::ranges::find(entries, id, &ModelEntry::id) != entries.end()) return wrong("AI_MODELS names " + id + " twice.");
        auto entry = build_entry(id, options);
        if (!entry) return entry.error();
        entries.push_back(std::move(*entry));
    }
    if (entries.empty()) return wrong("No AI model is configured: set GEMINI_API_KEY, or AI_MODELS=demo for the demo model.");
    return Models(std::move(entries));
}

} // namespace pollux::ai
