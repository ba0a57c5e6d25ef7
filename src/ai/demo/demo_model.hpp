// The model that needs no network and no key: for trying the product, for tests and for load. It answers from the conversation and
// says in every reply what it is.
#pragma once

#include "ai/chat_model.hpp"

namespace pollux::ai {

class DemoModel final : public ChatModel {
public:
    // 0: the whole reply at once. Otherwise word by word at this speed, or faster where a reply would last longer than
    // 2 s, or one that was asked to be long longer than half a minute.
    explicit DemoModel(int tokens_per_second) : tokens_per_second_(tokens_per_second) {}

    std::string_view provider() const override { return "demo"; }
    std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest request) override;

private:
    int tokens_per_second_;
};

} // namespace pollux::ai
