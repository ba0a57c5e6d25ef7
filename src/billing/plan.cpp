#include "billing/plan.hpp"

#include "base/json.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <stdexcept>

namespace pollux::billing {

namespace {

std::vector<std::string> parse_array(std::string_view text, std::string const& wrong)
{
    boost::system::error_code failed;
    auto const value = boost::json::parse(text, failed);
    if (failed || !value.is_array()) throw std::runtime_error(wrong);
    std::vector<std::string> texts;
    for (auto const& one : value.get_array()) {
        if (!one.is_string()) throw std::runtime_error(wrong);
        texts.emplace_back(std::string_view(one.get_string()));
    }
    return texts;
}

} // namespace

PlanModels PlanModels::parse(std::string_view text)
{
    PlanModels models;
    models.are_all_ = text == "*";
    if (!models.are_all_) models.ids_ = parse_array(text, "plans.models must be '*' or a JSON array of model ids");
    return models;
}

std::string PlanModels::text() const
{
    return are_all_ ? "*" : lines_text(ids_);
}

std::vector<std::string> parse_lines(std::string_view text)
{
    return parse_array(text, "plans.description must be a JSON array of lines");
}

std::string lines_text(std::vector<std::string> const& lines)
{
    return to_json(lines);
}

bool PlanModels::allow(std::string_view model_id) const
{
    return are_all_ || std::ranges::find(ids_, model_id) != ids_.end();
}

} // namespace pollux::billing
