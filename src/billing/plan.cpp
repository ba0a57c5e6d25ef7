#include "billing/plan.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <stdexcept>

namespace pollux::billing {

PlanModels PlanModels::parse(std::string_view text)
{
    PlanModels models;
    models.are_all_ = text == "*";
    if (models.are_all_) return models;

    boost::system::error_code wrong;
    auto const value = boost::json::parse(text, wrong);
    if (wrong || !value.is_array()) throw std::runtime_error("plans.models must be '*' or a JSON array of model ids");
    for (auto const& id : value.get_array()) {
        if (!id.is_string()) throw std::runtime_error("plans.models must list model ids as strings");
        models.ids_.emplace_back(std::string_view(id.get_string()));
    }
    return models;
}

bool PlanModels::allow(std::string_view model_id) const
{
    return are_all_ || std::ranges::find(ids_, model_id) != ids_.end();
}

} // namespace pollux::billing
