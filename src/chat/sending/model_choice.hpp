// Which model answers: what is configured, what the plan allows, what the room asks for.
#pragma once

#include "ai/model_list.hpp"
#include "base/error.hpp"
#include "billing/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::chat {

struct ListedModel {
    std::string id; // What a room's `model` takes.
    std::string label;
    std::string line;
    bool is_default = false; // What a room without a model of its own takes.
    bool allowed = true;     // By the plan of who asks.
};

// In the configured order: those that a plan may use, or all.
enum class Listed { allowed, all };
std::vector<ListedModel> list_models(ai::Models const& models, billing::PlanModels const& plan, Listed which);

// For a room's setting: invalid("model") unless it is configured (by id or by the provider's name) and allowed. Returns its id.
Result<std::string> check_room_model(ai::Models const& models, billing::PlanModels const& plan, std::string const& wanted);

// For a reply: the room's model while it is configured, else the first allowed one. forbidden model_not_in_plan when the plan does not
// allow the room's model, or none at all.
Result<std::string> choose_model(ai::Models const& models, billing::PlanModels const& plan, std::optional<std::string> const& room_model);

} // namespace pollux::chat
