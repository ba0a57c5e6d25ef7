// The models that are configured, in the order of AI_MODELS: the first is the default, the next are fall-backs. Built once at the
// start; reading is safe from any thread.
#pragma once

#include "ai/call_breaker.hpp"
#include "ai/chat_model.hpp"
#include "ai/gemini/gemini_model.hpp"
#include "ai/openai/openai_model.hpp"
#include "base/error.hpp"

#include <span>

namespace pollux::ai {

struct ModelEntry {
    std::string id;       // "gemini:gemini-flash-latest" or "demo": what rooms keep and clients see.
    std::string provider; // "gemini", "openai", "demo".
    std::string name;     // The provider's name of it, for ChatRequest.model.
    std::unique_ptr<ChatModel> model;
    std::unique_ptr<CallBreaker> breaker = std::make_unique<CallBreaker>(); // Asked before each call of the model.
    std::string label{};                                                    // What people are shown.
    std::string line{};                                                     // What it is good for; may be empty.
};

// Instead of what a model is called by default.
struct ModelText {
    std::string id;
    std::string label;
    std::string line;
    bool operator==(ModelText const&) const = default;
};

class Models {
public:
    // `entries` is not empty and its ids differ.
    explicit Models(std::vector<ModelEntry> entries) : entries_(std::move(entries)) {}

    std::span<ModelEntry const> all() const { return entries_; }
    ModelEntry const& default_model() const { return entries_.front(); }

    // The one that names rooms; nullptr: none does.
    ModelEntry const* title_model() const { return title_model_; }
    void name_rooms_by(ModelEntry const& one_of_these) { title_model_ = &one_of_these; }
    void name_rooms_by(std::unique_ptr<ModelEntry> other) // Which nobody can talk to.
    {
        other_ = std::move(other);
        title_model_ = other_.get();
    }

    // By id, or by the provider's name of it; nullptr when it is not configured.
    ModelEntry const* find(std::string_view id_or_name) const;

private:
    std::vector<ModelEntry> entries_; // Moving it moves no entry.
    std::unique_ptr<ModelEntry> other_;
    ModelEntry const* title_model_ = nullptr;
};

enum class DemoByDefault { yes, no };

struct ModelsOptions {
    std::vector<std::string>
        names; // AI_MODELS: "gemini:NAME", "openai:NAME", "demo". Empty: Gemini if its key is set, else what demo_by_default says.
    std::string gemini_model = "gemini-flash-latest"; // What Gemini by default means.
    GeminiOptions gemini;
    OpenAiOptions openai;
    std::vector<ModelText> texts; // AI_MODEL_LABELS.
    std::string title_model;      // AI_TITLE_MODEL, named as the others are; empty: the default model, "off": none.
    DemoByDefault demo_by_default = DemoByDefault::no;
    int demo_tokens_per_second = 60;
    std::size_t calls_at_once_max = 256; // Of each model: MODEL_CONCURRENCY.
};

// Kind `invalid` with a message for the operator when a name is unknown or repeated, when a key is missing, or when no model is left.
Result<Models> build_models(ModelsOptions const& options);

} // namespace pollux::ai
