// A server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, OpenRouter, OpenAI itself, Gemini's compatible endpoint. The
// key, where there is one, travels in a header, over https or to this machine only, and stands in no log, error or event.
#pragma once

#include "ai/chat_model.hpp"

#include <atomic>

namespace pollux::ai {

struct OpenAiOptions {
    std::string base_url; // Mostly ending in /v1.
    std::string api_key;  // Empty: the server asks for none.
    std::chrono::milliseconds connect_time_max{10'000};
    std::chrono::milliseconds first_text_max{90'000}; // Without text or thoughts for so long a call has failed, whatever else comes.
    std::chrono::milliseconds silence_max{90'000};    // And, once there are some, without a byte for so long.
};

class OpenAiModel final : public ChatModel {
public:
    explicit OpenAiModel(OpenAiOptions options);

    std::string_view provider() const override { return "openai"; }
    std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest request) override;

private:
    OpenAiOptions options_;
    std::shared_ptr<std::atomic<bool>> refuses_usage_; // Found out by an answer after a refusal; streams hold it too.
};

enum class OpenAiHealth { ok, wrong_key, unknown_model, limited, unreachable, refused, lists_nothing };

struct OpenAiCheck {
    OpenAiHealth health = OpenAiHealth::unreachable;
    std::string detail; // For an operator; holds no key.
};

// One cheap call that costs no tokens: does the server list this model? One that has no list (lists_nothing) may know it all the same.
asio::awaitable<OpenAiCheck> check_openai(OpenAiOptions options, std::string model);

} // namespace pollux::ai
