// A model that runs at most so many calls at once; the next ones wait for a slot inside their first next(). A call that finds none
// before its deadline fails as transient. A title waits for none: where none is to spare it was not called,
// and where a reply comes that finds none, its call is cut and counts as not made.
#pragma once

#include "ai/call_slots.hpp"
#include "ai/chat_model.hpp"

namespace pollux::ai {

class CappedModel final : public ChatModel {
public:
    CappedModel(std::unique_ptr<ChatModel> model, std::size_t calls_max)
        : model_(std::move(model)), slots_(std::make_shared<CallSlots>(calls_max))
    {}

    std::string_view provider() const override { return model_->provider(); }
    std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest request) override;

private:
    std::unique_ptr<ChatModel> model_;
    std::shared_ptr<CallSlots> slots_; // Streams hold it too.
};

} // namespace pollux::ai
