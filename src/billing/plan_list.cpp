#include "billing/plan_list.hpp"

namespace pollux::billing {

PlanLimits limits_of(Plan const& plan)
{
    PlanLimits limits{.messages_per_day = plan.messages_per_day,
                      .requests_per_minute = plan.requests_per_minute,
                      .context_tokens = plan.context_tokens,
                      .message_characters_max = plan.message_characters_max,
                      .replies_at_once = plan.replies_at_once,
                      .rooms_max = plan.rooms_max};
    if (!plan.models.are_all()) limits.models = plan.models.ids();
    return limits;
}

PlanList public_plans(std::vector<Plan> plans, std::map<std::string, std::vector<PlanPrice>> prices)
{
    PlanList list;
    for (auto& plan : plans) {
        if (!plan.is_public || plan.is_archived) continue;
        auto limits = limits_of(plan);
        list.results.push_back({.name = plan.name,
                                .title = std::move(plan.title),
                                .rank = plan.rank,
                                .description = std::move(plan.description),
                                .limits = std::move(limits),
                                .prices = std::move(prices[plan.name])});
    }
    return list;
}

} // namespace pollux::billing
