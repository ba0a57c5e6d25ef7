#include "chat/sending/model_choice.hpp"

namespace pollux::chat {
namespace {

Error not_in_plan()
{
    return forbidden("model_not_in_plan", "Your plan does not include this room's model; choose another one for the room.");
}

} // namespace

std::vector<ListedModel> list_models(ai::Models const& models, billing::PlanModels const& plan, Listed which)
{
    std::vector<ListedModel> listed;
    bool has_default = false;
    for (auto const& entry : models.all()) {
        bool const is_allowed = plan.allow(entry.id);
        if (!is_allowed && which == Listed::allowed) continue;
        listed.push_back({entry.id, entry.label, entry.line, is_allowed && !has_default, is_allowed});
        has_default = has_default || is_allowed;
    }
    return listed;
}

Result<std::string> check_room_model(ai::Models const& models, billing::PlanModels const& plan, std::string const& wanted)
{
    auto const* entry = models.find(wanted);
    if (!entry) return invalid("model", "unknown_model", "There is no such model; GET /models/ lists yours.");
    if (!plan.allow(entry->id))
        return invalid("model", "model_not_in_plan", "Your plan does not include this model; GET /models/ lists yours.");
    return entry->id;
}

Result<std::string> choose_model(ai::Models const& models, billing::PlanModels const& plan, std::optional<std::string> const& room_model)
{
    auto const* wanted = room_model ? models.find(*room_model) : nullptr;
    if (wanted) {
        if (!plan.allow(wanted->id)) return not_in_plan();
        return wanted->id;
    }
    for (auto const& entry : models.all()) {
        if (plan.allow(entry.id)) return entry.id;
    }
    return not_in_plan();
}

} // namespace pollux::chat
