#include "chat/sending/model_choice.hpp"

namespace pollux::chat {
namespace {

Error not_in_plan()
{
    return forbidden("model_not_in_plan", "Your plan does not include this room's model; choose another one for the room.");
}

} // namespace

std::vector<std::string> allowed_models(ai::Models const& models, billing::PlanModels const& plan)
{
    std::vector<std::string> ids;
    for (auto const& entry : models.all()) {
        if (plan.allow(entry.id)) ids.push_back(entry.id);
    }
    return ids;
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
