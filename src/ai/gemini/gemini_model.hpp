// Google Gemini over generateContent's stream. The key travels in a header, over https or to this machine only, and stands in no log,
// error or event.
#pragma once

#include "ai/chat_model.hpp"
#include "ai/gemini/thought_support.hpp"

namespace pollux::ai {

struct GeminiOptions {
    std::string api_key;
    std::string base_url = "https://generativelanguage.googleapis.com";
    std::string api_version = "v1beta";
    std::chrono::milliseconds connect_time_max{10'000};
    std::chrono::milliseconds silence_max{90'000}; // Without a byte for so long, a call has failed.
};

class GeminiModel final : public ChatModel {
public:
    explicit GeminiModel(GeminiOptions options);

    std::string_view provider() const override { return "gemini"; }
    std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest request) override;

private:
    GeminiOptions options_;
    std::shared_ptr<ThoughtSupport> support_; // Streams hold it too.
};

enum class GeminiHealth { ok, wrong_key, unknown_model, limited, unreachable, refused };

struct GeminiCheck {
    GeminiHealth health = GeminiHealth::unreachable;
    std::string detail; // For an operator; holds no key.
};

// One cheap call that costs no tokens: does this key reach this model?
asio::awaitable<GeminiCheck> check_gemini(GeminiOptions options, std::string model);

} // namespace pollux::ai
