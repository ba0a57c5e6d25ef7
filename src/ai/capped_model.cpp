#include "ai/capped_model.hpp"

#include <optional>

namespace pollux::ai {

namespace {

class CappedStream final : public ChatStream {
public:
    CappedStream(ChatModel& model, std::shared_ptr<CallSlots> slots, asio::any_io_executor executor, ChatRequest request)
        : model_(model), slots_(std::move(slots)), executor_(std::move(executor)), request_(std::move(request))
    {}

    asio::awaitable<ModelEvent> next() override
    {
        if (!stream_) {
            bool const may_wait = request_.purpose == Purpose::title;
            auto const limited = request_.deadline != Steady::time_point();
            auto const until = limited ? request_.deadline : Steady::time_point::max();
            auto slot = may_wait ? CallSlots::take_spare(slots_) : co_await CallSlots::take(slots_, until);
            if (!slot && may_wait) co_return Failed{Failed::Kind::not_called, {}, "no slot to spare for what may wait"};
            if (!slot) co_return Failed{Failed::Kind::transient, {}, "no free slot for a call before the deadline"};
            slot_.emplace(std::move(slot));
            stream_ = model_.start(executor_, std::move(request_));
        }
        co_return co_await stream_->next();
    }

private:
    ChatModel& model_;
    std::shared_ptr<CallSlots> slots_;
    asio::any_io_executor executor_;
    ChatRequest request_;
    std::optional<CallSlots::Slot> slot_; // Before stream_: given back only when the call is gone.
    std::unique_ptr<ChatStream> stream_;
};

} // namespace

std::unique_ptr<ChatStream> CappedModel::start(asio::any_io_executor executor, ChatRequest request)
{
    return std::make_unique<CappedStream>(*model_, slots_, std::move(executor), std::move(request));
}

} // namespace pollux::ai
