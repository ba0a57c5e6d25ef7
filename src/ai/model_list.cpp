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

// The last part of a name such as "meta-llama/llama-3.3-70b-instruct", or what the settings say.
void label(ModelEntry& entry, std::span<ModelText const> texts)
{
    bool const is_demo = entry.id == "demo";
    entry.label = is_demo ? "Demo" : entry.name.substr(entry.name.rfind('/') + 1);
    if (is_demo) entry.line = "Built-in rules, for trying things out.";
    if (entry.provider == "gemini") entry.line = "Google Gemini.";
    auto const told = std::ranges::find(texts, entry.id, &ModelText::id);
    if (told == texts.end()) return;
    entry.label = told->label;
    entry.line = told->line;
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
    } else if (entry.provider == "openai") {
        if (entry.name.empty()) return wrong("AI_MODELS: write openai:NAME, for example openai:llama3.2.");
        if (options.openai.base_url.empty()) return wrong("AI_MODELS names " + id + ", but AI_BASE_URL is not set.");
        entry.model = std::make_unique<OpenAiModel>(options.openai);
    } else {
        return wrong("AI_MODELS: \"" + id + "\" is no model I know; write gemini:NAME, openai:NAME or demo.");
    }
    entry.model = std::make_unique<CappedModel>(std::move(entry.model), options.calls_at_once_max);
    label(entry, options.texts);
    return entry;
}

Result<void> name_rooms(Models& models, ModelsOptions const& options)
{
    auto const& id = options.title_model;
    if (id == "off") return {};
    if (id.empty()) {
        models.name_rooms_by(models.default_model());
        return {};
    }
    auto const listed = std::ranges::find(models.all(), id, &ModelEntry::id);
    if (listed != models.all().end()) {
        models.name_rooms_by(*listed);
        return {};
    }
    auto other = build_entry(id, options);
    if (!other) return other.error();
    models.name_rooms_by(std::make_unique<ModelEntry>(std::move(*other)));
    return {};
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
    Models models(std::move(entries));
    auto const named = name_rooms(models, options);
    if (!named) return named.error();
    return models;
}

} // namespace pollux::ai
