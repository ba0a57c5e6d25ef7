#include "ai/capped_model.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <optional>
#include <utility>

namespace pollux::ai {

namespace {

class CappedStream final : public ChatStream {
public:
    CappedStream(ChatModel& model, std::shared_ptr<CallSlots> slots, asio::any_io_executor executor, ChatRequest request)
        : model_(model), slots_(std::move(slots)), executor_(std::move(executor)), may_wait_(request.purpose == Purpose::title),
          until_(request.deadline == Steady::time_point() ? Steady::time_point::max() : request.deadline), request_(std::move(request))
    {}

    asio::awaitable<ModelEvent> next() override
    {
        if (!stream_) {
            auto slot = may_wait_ ? CallSlots::take_spare(slots_) : co_await CallSlots::take(slots_, until_);
            if (!slot && may_wait_) co_return Failed{Failed::Kind::not_called, {}, "no slot to spare for what may wait"};
            if (!slot) co_return Failed{Failed::Kind::transient, {}, "no free slot for a call before the deadline"};
            slot_.emplace(std::move(slot));
            auto const may_begin = std::exchange(request_.may_begin, nullptr);
            bool const is_refused = may_begin && !co_await may_begin();
            if (is_refused || slot_->is_recalled()) co_return give_back_uncalled();
            stream_ = model_.start(executor_, std::move(request_));
        }
        if (may_wait_) co_return co_await next_unless_recalled();
        co_return co_await stream_->next();
    }

private:
    ModelEvent give_back_uncalled()
    {
        slot_.reset();
        return Failed{Failed::Kind::not_called, {}, "not the time for what may wait"};
    }

    // `||` would take a bare variant apart, and say which event it was in place of who came first.
    struct Boxed {
        ModelEvent event;
    };
    asio::awaitable<Boxed> boxed_next() { co_return Boxed{co_await stream_->next()}; }

    asio::awaitable<ModelEvent> next_unless_recalled()
    {
        using namespace asio::experimental::awaitable_operators;
        auto first = co_await (boxed_next() || slot_->recalled(until_));
        if (first.index() == 0) co_return std::get<0>(std::move(first)).event;
        stream_.reset();
        bool const is_recalled = slot_->is_recalled();
        slot_.reset();
        if (is_recalled) co_return Failed{Failed::Kind::not_called, {}, "a reply needs the slot of what may wait"};
        co_return Failed{Failed::Kind::transient, {}, "no answer before the deadline"};
    }

    ChatModel& model_;
    std::shared_ptr<CallSlots> slots_;
    asio::any_io_executor executor_;
    bool const may_wait_;
    Steady::time_point const until_;
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
