// Writes one reply: asks the model, passes its text on to readers, calls again when a call fails, and finishes the reply. It may run
// twice, after a crash or a lost lease: every write is fenced by the claim's attempt, and a refused one means that somebody else has
// taken over, so the work is dropped.
//
// A reply takes at most 4 calls and 10 minutes (ai/retry.hpp); a wait of over 0.4 s puts it back, which tells readers and frees the worker.
// Before a call's text went out, the next model of the list may take its place (model_turn.hpp, asked_models.hpp); after it the same one is
// asked again. A model that fails again and again is left alone for a while (ai/call_breaker.hpp): its replies go to the next model, or
// wait, put back so that readers are told; waiting is no call. Another model is another attempt: readers are told who writes.
#pragma once

#include "ai/model_list.hpp"
#include "ai/retry.hpp"
#include "base/clock.hpp"
#include "chat/queue/queue_gauge.hpp"
#include "chat/replies/kept_calls.hpp"
#include "chat/replies/model_turn.hpp"
#include "chat/replies/reply_draft.hpp"
#include "chat/replies/reply_meter.hpp"
#include "chat/replies/reply_store.hpp"
#include "chat/replies/reply_writer.hpp"
#include "chat/replies/running_replies.hpp"
#include "chat/rooms/chat_news.hpp"
#include "chat/rooms/message_store.hpp"
#include "chat/streams/reply_feed.hpp"
#include "limits/rate_limiter.hpp"
#include "tasks/bell.hpp"

namespace pollux::chat {

// What all jobs of a worker share.
struct ReplyTools {
    db::Database& database;
    ReplyFeed& feed;
    ChatNews news;
    ai::Models const& models;
    Clock const& clock;
    QueueGauge& gauge;
    std::string system_prompt; // The service's: before the room's and the user's.
    limits::RateLimiter& limiter;
    std::size_t calls_per_minute_max = 0; // To one model; 0: no limit.
    Titles titles = Titles::leave;
    tasks::Bell const* task_bell = nullptr; // Null: nobody listens here.
    ReplyMeter meter{};
};

class ReplyJob {
public:
    ReplyJob(ReplyTools& tools, std::shared_ptr<RunningReply> running);

    struct Outcome {
        int promoted = 0;                      // Other jobs that may run now.
        std::optional<Steady::time_point> due; // This one was put back until then.
    };
    // On the reply's executor.
    asio::awaitable<Outcome> run();

private:
    enum class Step { call, leave };

    asio::awaitable<std::optional<ai::ChatRequest>> prepare();
    asio::awaitable<bool> begin_feed();
    asio::awaitable<void> call(ai::ChatRequest request);
    asio::awaitable<void> read_model(ai::ChatRequest request);
    asio::awaitable<void> interruptible(asio::awaitable<void> work);
    asio::awaitable<Step> after_call();
    asio::awaitable<Step> after_continues(std::string token);
    asio::awaitable<Step> after_failure(ai::Failed failure);
    asio::awaitable<Step> after_no_call(ai::Failed failure);
    asio::awaitable<Step> give_up(ai::Failed const& failure);
    asio::awaitable<Step> count_and_call();
    asio::awaitable<void> wait_in_place(std::chrono::milliseconds wait);
    asio::awaitable<std::optional<Step>> wait_for_admission();
    void keep_call();
    asio::awaitable<Step> put_back(std::chrono::microseconds wait, ReplyStore::Call call, WaitReason reason);
    asio::awaitable<Step> leave_as(StopReason reason);
    ReplyEnd end_as(MessageStatus status) const;
    asio::awaitable<Step> finish(ReplyEnd end);
    asio::awaitable<std::optional<Finishing>> finish_despite_outages(ReplyEnd const& end);

    ReplyTools& tools_;
    std::shared_ptr<RunningReply> running_;
    ReplyStore store_;
    ReplyWriter writer_;
    ReplyDraft draft_;
    ReplyClaim& claim_;
    Outcome outcome_;

    ModelTurn turn_;
    std::optional<KeptCall> call_;    // The one that runs.
    std::optional<Time> asked_at_;    // When the first of the calls began that the draft is of,
    std::optional<Time> answered_at_; // and when its first text came that is no thought.
    std::string continuation_;
    bool is_call_open_ = true; // A call is counted and has not ended; the claim counts the first one.
};

} // namespace pollux::chat
