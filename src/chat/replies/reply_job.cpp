#include "chat/replies/reply_job.hpp"

#include "ai/tokens.hpp"
#include "base/failpoint.hpp"
#include "base/secrets.hpp"
#include "chat/rooms/message_rows.hpp"
#include "db/content_refused.hpp"
#include "ops/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds finish_again_after{500};
constexpr std::chrono::milliseconds untold_wait_max{400}; // Less than any after a failed call. Readers are told of a longer one.

asio::awaitable<void> sleep_for(std::chrono::microseconds wait)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, wait);
    co_await timer.async_wait(asio::use_awaitable);
}

// Two that run together both throw, since the end of one cancels the other: what came first is what matters.
[[noreturn]] void rethrow_first(std::exception_ptr const& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (asio::multiple_exceptions const& both) {
        std::rethrow_exception(both.first_exception());
    }
}

// With the name that the request of its send has in the log.
void log_end(ReplyClaim const& claim, ReplyEnd const& end, std::chrono::microseconds lasted)
{
    ops::log(ops::Level::info, "reply_ended",
             {{"request_id", claim.request_id},
              {"message_id", claim.reply.value},
              {"status", to_text(end.status)},
              {"error", end.error ? end.error->code : std::string()},
              {"model", end.model},
              {"calls", claim.calls},
              {"duration_us", std::int64_t(lasted.count())},
              {"user", claim.user.value}});
}

} // namespace

ReplyJob::ReplyJob(ReplyTools& tools, std::shared_ptr<RunningReply> running)
    : tools_(tools), running_(std::move(running)), store_(tools.database),
      writer_(tools.feed, running_->executor, running_->claim.user, running_->reply), claim_(running_->claim),
      turn_(tools.clock, tools.limiter, tools.calls_per_minute_max, tools.models.title_model())
{}

asio::awaitable<ReplyJob::Outcome> ReplyJob::run()
{
    tools_.news.reply_changed(claim_.user, claim_.room, {claim_.reply, claim_.attempt, MessageStatus::streaming});
    for (auto step = Step::call; step == Step::call;) {
        auto request = co_await prepare();
        if (!request) co_return outcome_; // The room was deleted.
        if (auto const left = co_await wait_for_admission()) co_return outcome_;
        request->model = turn_.model().name;
        bool const is_mine = co_await begin_feed();
        if (!is_mine) co_return outcome_;
        if (running_->stop_reason() == StopReason::none) co_await call(std::move(*request));
        step = co_await after_call();
    }
    co_return outcome_;
}

// Everything the model is told. It may be much text, so it is read again for a further call rather than kept while the reply is written.
asio::awaitable<std::optional<ai::ChatRequest>> ReplyJob::prepare()
{
    MessageStore messages(tools_.database);
    auto basis = co_await messages.basis(claim_.user, claim_.room, claim_.question, claim_.reply);
    if (!basis) co_return std::nullopt;
    if (basis->stop_requested) running_->stop(StopReason::by_user); // Asked for before this process could be told of it.
    if (!turn_.has_models()) turn_.set_models({tools_.models, basis->plan_models, claim_.model, claim_.ended_calls, tools_.clock.now()});

    ai::ChatRequest request; // Its model is known once one is admitted.
    request.system = join_system_text(tools_.system_prompt, basis->room_prompt, basis->user_instructions);
    request.turns = fit_context(std::move(basis->chain), basis->context_tokens, ai::estimate_tokens);
    request.continuation = continuation_;
    request.deadline = running_->deadline;
    request.request_id = "reply-" + std::to_string(claim_.reply.value);
    if (request.turns.empty()) co_return std::nullopt;
    co_return request;
}

// Readers learn whose text comes. False: the claim was lost.
asio::awaitable<bool> ReplyJob::begin_feed()
{
    bool const has_begun = writer_.attempt() == claim_.attempt;
    if (has_begun && writer_.model() == turn_.model().id) co_return true;
    if (has_begun) {
        auto const raised = co_await store_.begin_attempt(claim_);
        if (!raised) co_return false;
        claim_ = *raised;
        failpoint("attempt_before_feed");
    }
    co_await writer_.begin(claim_.attempt, turn_.model().id);
    co_return true;
}

// Until a model may be called. A step instead: the reply was put back, or stopped meanwhile.
asio::awaitable<std::optional<ReplyJob::Step>> ReplyJob::wait_for_admission()
{
    for (bool has_waited = false; running_->stop_reason() == StopReason::none; has_waited = true) {
        auto const refusal = co_await turn_.admit(claim_.calls);
        if (!refusal) co_return std::nullopt;
        if (Steady::now() >= running_->deadline) running_->stop(StopReason::time_over); // It has waited for as long as it may.
        if (running_->stop_reason() != StopReason::none) break;
        // Not beyond its end, which is to be told when it comes.
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(running_->deadline - Steady::now());
        auto const wait = std::clamp(left, std::chrono::milliseconds(1), std::max(refusal->wait, std::chrono::milliseconds(1)));
        bool const is_to_tell = has_waited || wait > untold_wait_max;
        if (is_to_tell) co_return co_await put_back(wait, ReplyStore::Call::cut, refusal->reason);
        turn_.waited(turn_.now() + wait);
        co_await wait_in_place(wait);
    }
    co_return co_await leave_as(running_->stop_reason());
}

// For the next transaction of the reply, whichever that is.
void ReplyJob::keep_call()
{
    auto call = std::exchange(call_, std::nullopt);
    auto const outcome = outcome_of(draft_.call_end(), running_->stop_reason());
    auto const& end = draft_.call_end();
    auto const* failed = end ? std::get_if<ai::Failed>(&*end) : nullptr;
    if (!call || !outcome) return;
    call->ended_at = tools_.clock.now();
    call->outcome = *outcome;
    call->has_text = draft_.has_text();
    if (failed) {
        bool const may_mend = failed->kind == ai::Failed::Kind::transient;
        ai::RetryQuestion const question{*failed, static_cast<int>(claim_.calls), tools_.clock.now(), random_below(1'000'000)};
        auto const due = may_mend ? ai::next_call_due(question) : Time{};
        call->not_before_us = micros(due);
        turn_.failed(*failed, draft_.has_text() ? ShownText::some : ShownText::none, due);
    }
    claim_.ended_calls = with_call(claim_.ended_calls, *call);
}

asio::awaitable<void> ReplyJob::call(ai::ChatRequest request)
{
    using namespace asio::experimental::awaitable_operators;
    failpoint("upstream_before_call");
    writer_.open();
    auto both = read_model(std::move(request)) && writer_.run();
    co_await interruptible(std::move(both));
    turn_.tell_breaker(draft_);
    keep_call();
    co_await writer_.flush(); // What was left when the call was cut.
    if (running_->stop_reason() == StopReason::none) is_call_open_ = false;
}

asio::awaitable<void> ReplyJob::read_model(ai::ChatRequest request)
{
    call_ = KeptCall{.model = turn_.model().id, .started_at = tools_.clock.now()};
    if (!asked_at_) asked_at_ = call_->started_at;
    auto stream = turn_.model().model->start(running_->executor, std::move(request));
    while (!draft_.call_end()) {
        auto event = co_await stream->next();
        bool const was_empty = !draft_.has_shown_anything();
        auto const news = draft_.take(std::move(event));
        bool const has_text = !news.text.empty() || !news.thoughts.empty();
        if (has_text && !call_->first_text_at) call_->first_text_at = tools_.clock.now();
        if (!news.text.empty() && !answered_at_) answered_at_ = tools_.clock.now();
        if (was_empty && draft_.has_shown_anything()) {
            tools_.meter.first_text(tools_.clock.now() - claim_.first_started);
            failpoint("upstream_first_delta");
        }
        if (!news.text.empty()) writer_.add_text(news.text);
        if (!news.thoughts.empty()) writer_.add_thoughts(news.thoughts);
        if (news.has_citations) writer_.set_citations(draft_.citations_json());
    }
    writer_.close();
}

// What there is, as the end of the reply.
ReplyEnd ReplyJob::end_as(MessageStatus status) const
{
    auto end = draft_.end_as(status, turn_.model().id);
    if (end.thoughts.empty() || !asked_at_) return end;
    auto const took = answered_at_.value_or(tools_.clock.now()) - *asked_at_;
    end.thought = std::max(std::chrono::round<std::chrono::milliseconds>(took), std::chrono::milliseconds(0));
    return end;
}

// Runs `work` until its end or until the reply is stopped, which cuts whatever `work` awaits.
asio::awaitable<void> ReplyJob::interruptible(asio::awaitable<void> work)
{
    if (running_->stop_reason() != StopReason::none) co_return;
    auto token = asio::bind_cancellation_slot(running_->cut.slot(), asio::as_tuple(asio::use_awaitable));
    auto [failure] = co_await asio::co_spawn(running_->executor, std::move(work), std::move(token));
    if (failure && running_->stop_reason() == StopReason::none) rethrow_first(failure);
}

asio::awaitable<ReplyJob::Step> ReplyJob::after_call()
{
    auto const& end = draft_.call_end();
    if (end && std::holds_alternative<ai::Finished>(*end)) co_return co_await finish(end_as(MessageStatus::completed));
    if (auto const reason = running_->stop_reason(); reason != StopReason::none) co_return co_await leave_as(reason);
    if (!end) throw std::logic_error("a call upstream ended without an event that ends it");
    if (auto const* continues = std::get_if<ai::Continues>(&*end)) co_return co_await after_continues(continues->token);
    co_return co_await after_failure(std::get<ai::Failed>(*end));
}

// The provider goes on with the same reply in another call.
asio::awaitable<ReplyJob::Step> ReplyJob::after_continues(std::string token)
{
    if (claim_.calls >= ai::calls_a_reply_max) co_return co_await finish(end_as(MessageStatus::completed));
    continuation_ = std::move(token);
    draft_.continue_with_next_call();
    auto counted = co_await store_.count_call(claim_, ReplyStore::NextCall::same_attempt);
    if (!counted) co_return Step::leave;
    claim_ = std::move(*counted);
    is_call_open_ = true;
    co_return Step::call;
}

asio::awaitable<ReplyJob::Step> ReplyJob::after_failure(ai::Failed failure)
{
    ops::log(ops::Level::warning, "reply_call_failed",
             {{"request_id", claim_.request_id},
              {"message_id", claim_.reply.value},
              {"calls", claim_.calls},
              {"model", turn_.model().id},
              {"detail", failure.detail}});
    if (failure.kind == ai::Failed::Kind::not_called) co_return co_await after_no_call(std::move(failure));

    auto const now = tools_.clock.now();
    auto const due = turn_.next_call(claim_.calls);
    bool const is_over = !due || due->at >= claim_.first_started + ai::reply_duration_max;
    if (is_over) co_return co_await give_up(failure);
    auto const wait = due->at - now;
    if (wait > untold_wait_max) co_return co_await put_back(wait, ReplyStore::Call::none, due->reason);
    turn_.waited(due->at);
    if (wait.count() > 0) co_await wait_in_place(std::chrono::ceil<std::chrono::milliseconds>(wait));
    if (auto const reason = running_->stop_reason(); reason != StopReason::none) co_return co_await leave_as(reason);
    co_return co_await count_and_call();
}

// This process could not call; another one may.
asio::awaitable<ReplyJob::Step> ReplyJob::after_no_call(ai::Failed failure)
{
    bool const is_over = tools_.clock.now() + ai::not_called_wait >= claim_.first_started + ai::reply_duration_max;
    if (is_over) co_return co_await give_up(failure);
    co_return co_await put_back(ai::not_called_wait, ReplyStore::Call::cut, WaitReason::model_unavailable);
}

asio::awaitable<ReplyJob::Step> ReplyJob::give_up(ai::Failed const& failure)
{
    auto end = end_as(MessageStatus::failed);
    end.error = error_of(failure.reason);
    co_return co_await finish(std::move(end));
}

// Another call from the beginning. What readers have seen must go away: they get `restart`.
asio::awaitable<ReplyJob::Step> ReplyJob::count_and_call()
{
    auto const next = draft_.has_shown_anything() ? ReplyStore::NextCall::restarts : ReplyStore::NextCall::same_attempt;
    auto counted = co_await store_.count_call(claim_, next);
    if (!counted) co_return Step::leave;
    failpoint("call_after_count");
    claim_ = std::move(*counted);
    is_call_open_ = true;
    draft_.start_over();
    asked_at_.reset();
    answered_at_.reset();
    continuation_.clear();
    co_return Step::call;
}

asio::awaitable<void> ReplyJob::wait_in_place(std::chrono::milliseconds wait)
{
    co_await interruptible(sleep_for(wait));
}

asio::awaitable<ReplyJob::Step> ReplyJob::put_back(std::chrono::microseconds wait, ReplyStore::Call call, WaitReason reason)
{
    auto const given = co_await store_.put_back(claim_, wait, call, reason);
    if (given.fate == Fate::stop_requested) {
        running_->stop(StopReason::by_user);
        co_return co_await leave_as(running_->stop_reason());
    }
    if (given.fate == Fate::refused) co_return Step::leave;
    failpoint("put_back_after_commit");
    tools_.meter.put_back();
    outcome_ = {given.promoted, Steady::now() + wait};
    tools_.news.reply_changed(claim_.user, claim_.room, {claim_.reply, claim_.attempt, MessageStatus::queued});
    co_await tools_.feed.pause(claim_.reply, claim_.attempt);
    co_return Step::leave;
}

asio::awaitable<ReplyJob::Step> ReplyJob::leave_as(StopReason reason)
{
    switch (reason) {
    case StopReason::by_user: co_return co_await finish(end_as(MessageStatus::stopped));
    case StopReason::time_over: {
        auto end = end_as(MessageStatus::failed);
        end.error = upstream_failed();
        co_return co_await finish(std::move(end));
    }
    case StopReason::hand_back: {
        auto const cut = is_call_open_ ? ReplyStore::Call::cut : ReplyStore::Call::none;
        auto const given = co_await store_.hand_back(claim_, cut);
        outcome_.promoted = given.promoted;
        co_await tools_.feed.pause(claim_.reply, claim_.attempt);
        co_return Step::leave;
    }
    case StopReason::none:
    case StopReason::dropped: co_return Step::leave;
    }
    co_return Step::leave;
}

asio::awaitable<ReplyJob::Step> ReplyJob::finish(ReplyEnd end)
{
    auto finished = co_await finish_despite_outages(end);
    if (!finished) {
        // The database refuses what is in it, and would again: nothing of it is kept but that it failed.
        end = {.status = MessageStatus::failed, .error = not_storable(), .model = end.model};
        finished = co_await finish_despite_outages(end);
        if (!finished) throw std::runtime_error("the end of a reply was refused twice");
    }
    auto const& finishing = *finished;
    if (finishing.fate == Fate::refused) {
        tools_.meter.refused();
        ops::log(ops::Level::warning, "reply_refused",
                 {{"request_id", claim_.request_id}, {"message_id", claim_.reply.value}, {"attempt", claim_.attempt}});
        co_return Step::leave;
    }
    auto const lasted = tools_.clock.now() - claim_.first_started;
    tools_.meter.ended(end, lasted);
    log_end(claim_, end, lasted);
    tools_.gauge.add(-1);
    outcome_.promoted = finishing.promoted;
    if (finishing.asks_for_title && tools_.task_bell) tools_.task_bell->ring(name_room_task);
    tools_.news.reply_ended(claim_.user, claim_.room, {claim_.reply, claim_.attempt, end.status});
    co_await tools_.news.settled(claim_.user); // Whoever sees the end sees it in the list too.
    co_await tools_.feed.end(claim_.reply, claim_.attempt);
    co_return Step::leave;
}

// A written reply is worth waiting for a database that is full or gone for a moment, as long as the claim holds. nullopt: the database
// refused the content.
asio::awaitable<std::optional<Finishing>> ReplyJob::finish_despite_outages(ReplyEnd const& end)
{
    for (;;) {
        bool is_out = false;
        try {
            co_return co_await store_.finish(claim_, end, tools_.clock.now(), tools_.titles);
        } catch (db::Unavailable const&) {
            is_out = true;
        } catch (db::ContentRefused const& refusal) {
            ops::log(ops::Level::error, "reply_not_storable",
                     {{"request_id", claim_.request_id}, {"message_id", claim_.reply.value}, {"error", refusal.what()}});
            co_return std::nullopt;
        }
        auto const reason = running_->stop_reason();
        bool const is_given_up = reason == StopReason::dropped || reason == StopReason::hand_back;
        if (is_out && is_given_up) co_return Finishing{};
        co_await sleep_for(finish_again_after);
    }
}

} // namespace pollux::chat
