#include "chat/replies/asked_models.hpp"

#include "ai/retry.hpp"
#include "chat/replies/kept_calls.hpp"

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::string_view demo_provider = "demo";

// Where the one that was wanted is not configured any more: what a room without a model of its own takes.
ai::ModelEntry const& first_choice(ai::Models const& models, billing::PlanModels const& plan, std::string_view wanted)
{
    if (auto const* found = models.find(wanted)) return *found;
    auto const allowed = std::ranges::find_if(models.all(), [&plan](auto const& entry) { return plan.allow(entry.id); });
    return allowed == models.all().end() ? models.default_model() : *allowed;
}

} // namespace

AskedModels::AskedModels(ai::Models const& models, billing::PlanModels const& plan, std::string_view wanted, std::string_view kept_calls,
                         Time now)
{
    asked_.push_back({&first_choice(models, plan, wanted)});
    for (auto const& entry : models.all()) {
        bool const may_stand_in = entry.provider != demo_provider && plan.allow(entry.id);
        if (&entry != asked_.front().entry && may_stand_in) asked_.push_back({&entry});
    }
    for (auto const& call : past_calls(kept_calls)) {
        auto const asked = std::ranges::find(asked_, call.model, [](auto const& one) { return one.entry->id; });
        writer_.reset();
        if (asked == asked_.end()) continue;
        if (call.has_text) writer_ = static_cast<std::size_t>(asked - asked_.begin());
        if (!call.is_failure()) continue;
        ++asked->calls;
        asked->due = call.not_before;
        asked->is_rate_limited = call.outcome == CallOutcome::rate_limited;
        if (call.is_refusal()) asked->has_refused = true;
        if (asked->is_rate_limited || asked->due > now + ai::wait_for_same_max) asked->is_passed = true;
    }
}

std::vector<std::size_t> AskedModels::order(Time now) const
{
    std::vector<std::size_t> order;
    for (std::size_t index = 0; index < asked_.size() && !writer_; ++index) {
        if (is_open(asked_[index])) order.push_back(index);
    }
    if (!order.empty() || asked_.empty()) return order;
    auto const first = next(now);
    if (!first) return {writer_.value_or(0)}; // Somebody has to say so.
    if (first->due <= now) order.push_back(first->index);
    for (std::size_t index = 0; index < asked_.size() && !writer_; ++index) {
        bool const is_due = !asked_[index].has_refused && asked_[index].due <= now;
        if (is_due && index != first->index) order.push_back(index);
    }
    return order;
}

void AskedModels::failed(std::size_t index, ai::Failed const& failure, ShownText shown, Time due)
{
    if (failure.kind == ai::Failed::Kind::not_called) return;
    auto& asked = asked_[index];
    ++asked.calls;
    asked.due = due;
    asked.is_rate_limited = failure.reason == ai::Failed::Reason::rate_limited;
    if (failure.kind == ai::Failed::Kind::permanent) asked.has_refused = true;
    if (failure.retry_after > ai::wait_for_same_max) asked.is_passed = true;
    writer_.reset();
    if (shown == ShownText::some) writer_ = index;
}

std::optional<AskedModels::Next> AskedModels::next(Time now, std::optional<std::size_t> last) const
{
    if (writer_) return asked_[*writer_].has_refused ? std::nullopt : std::optional(next_of(*writer_));
    bool const may_go_on = last && is_open(asked_[*last]);
    if (may_go_on && asked_[*last].due <= now + ai::wait_for_same_max) return next_of(*last);
    for (std::size_t index = 0; index < asked_.size(); ++index) {
        if (index != last && is_open(asked_[index])) return Next{index, now, false, asked_[index].calls == 0};
    }
    if (may_go_on) return next_of(*last);
    std::optional<std::size_t> earliest; // Nobody else is left: these are asked as often as a reply may ask.
    for (std::size_t index = 0; index < asked_.size(); ++index) {
        bool const is_earlier = !earliest || asked_[index].due < asked_[*earliest].due;
        if (!asked_[index].has_refused && is_earlier) earliest = index;
    }
    return earliest ? std::optional(next_of(*earliest)) : std::nullopt;
}

} // namespace pollux::chat
