#include "chat/replies/model_turn.hpp"

#include "ai/call_count.hpp"
#include "ai/call_rate.hpp"

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds try_later_a_call{1'000};

WaitReason reason_of(AskedModels::Next const& next)
{
    return next.is_rate_limited ? WaitReason::rate_limited : WaitReason::model_unavailable;
}

} // namespace

// No model may be asked before the one that is due first.
ModelTurn::Refusal ModelTurn::not_due_yet() const
{
    auto const next = asked_.next(now());
    auto const wait = next ? std::chrono::ceil<std::chrono::milliseconds>(next->due - now()) : std::chrono::milliseconds(0);
    return {std::max(wait, std::chrono::milliseconds(1)), next ? reason_of(*next) : WaitReason::model_unavailable};
}

asio::awaitable<std::optional<ModelTurn::Refusal>> ModelTurn::admit(std::int64_t calls)
{
    // A reply that has made calls already leaves it to others to try whether the model is back: a failed try may be its last call.
    auto const try_later = calls < ai::calls_a_reply_max ? try_later_a_call * (calls - 1) : ai::last_call_wait_min;
    auto shortest = std::chrono::milliseconds::max();
    auto const admits = [&](std::size_t index) {
        admission_ = asked_[index].breaker->admit(Steady::now(), try_later);
        shortest = std::min(shortest, admission_.wait);
        return admission_.wait.count() == 0;
    };
    auto order = asked_.order(now());
    auto next = std::ranges::find_if(order, admits);
    bool const is_writer_down = !order.empty() && next == order.end() && asked_.forget_writer();
    if (is_writer_down) {
        order = asked_.order(now());
        next = std::ranges::find_if(order, admits);
    }
    if (order.empty()) co_return not_due_yet();
    if (next == order.end()) co_return Refusal{shortest, WaitReason::model_unavailable};
    entry_ = *next;
    if (calls_per_minute_max_ == 0) co_return std::nullopt;
    auto const share = &model() == title_model_ ? ai::CallShare::replies : ai::CallShare::all;
    auto const rule = ai::call_rule(calls_per_minute_max_, share);
    auto const taken = co_await limiter_.take(limits::RateClass::call, model().id, {rule.count, rule.window});
    if (taken.allowed) co_return std::nullopt;
    model().breaker->ended(admission_, ai::CallBreaker::End::said_nothing, Steady::now());
    co_return Refusal{taken.retry_after, WaitReason::rate_limited};
}

void ModelTurn::tell_breaker(ReplyDraft const& draft)
{
    using End = ai::CallBreaker::End;
    auto const& end = draft.call_end();
    auto const* failed = end ? std::get_if<ai::Failed>(&*end) : nullptr;
    auto what = End::answered;
    if (failed) what = failed->kind == ai::Failed::Kind::transient ? End::failed : End::said_nothing;
    if (!end && !draft.has_shown_anything()) what = End::said_nothing;
    model().breaker->ended(admission_, what, Steady::now());
    ai::count_call_end(model().id, !end ? ai::CallEnd::cut : failed ? ai::CallEnd::failed : ai::CallEnd::answered);
}

std::optional<ModelTurn::Due> ModelTurn::next_call(std::int64_t calls) const
{
    auto const now = clock_.now();
    auto const next = calls < ai::calls_a_reply_max ? asked_.next(now, entry_) : std::nullopt;
    if (!next) return std::nullopt;
    bool const is_last_to_same = calls == ai::calls_a_reply_max - 1 && !next->is_new;
    auto const earliest = is_last_to_same ? now + ai::last_call_wait_min : now;
    return Due{std::max(earliest, next->due), reason_of(*next)};
}

} // namespace pollux::chat
