#include "chat/replies/asked_models.hpp"

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

AskedModels::AskedModels(ai::Models const& models, billing::PlanModels const& plan, std::string_view wanted, std::string_view kept_calls)
{
    asked_.push_back({&first_choice(models, plan, wanted)});
    for (auto const& entry : models.all()) {
        bool const may_stand_in = entry.provider != demo_provider && plan.allow(entry.id);
        if (&entry != asked_.front().entry && may_stand_in) asked_.push_back({&entry});
    }
    for (auto const& call : past_calls(kept_calls)) {
        auto const asked = std::ranges::find(asked_, call.model, [](auto const& one) { return one.entry->id; });
        if (asked == asked_.end()) continue;
        if (call.is_failure()) ++asked->calls;
        if (call.is_refusal()) asked->has_refused = true;
        if (call.outcome == CallOutcome::rate_limited) asked->is_passed = true;
    }
}

std::vector<std::size_t> AskedModels::order() const
{
    std::vector<std::size_t> open;
    std::vector<std::size_t> willing; // Nobody else is left: these are asked as often as a reply may ask.
    for (std::size_t index = 0; index < asked_.size(); ++index) {
        if (is_open(asked_[index])) open.push_back(index);
        if (!asked_[index].has_refused) willing.push_back(index);
    }
    if (!open.empty()) return open;
    if (!willing.empty() || asked_.empty()) return willing;
    return {0};
}

void AskedModels::failed(std::size_t index, ai::Failed const& failure)
{
    if (failure.kind == ai::Failed::Kind::not_called) return;
    ++asked_[index].calls;
    if (failure.kind == ai::Failed::Kind::permanent) asked_[index].has_refused = true;
}

bool AskedModels::may_be_asked_again(std::size_t index) const
{
    return !asked_[index].has_refused && asked_[index].calls < calls_a_model_max;
}

bool AskedModels::has_another(std::size_t than) const
{
    for (std::size_t index = 0; index < asked_.size(); ++index) {
        if (index != than && is_open(asked_[index])) return true;
    }
    return false;
}

void AskedModels::pass(std::size_t index)
{
    asked_[index].is_passed = true;
}

} // namespace pollux::chat
