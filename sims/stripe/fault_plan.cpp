#include "stripe/fault_plan.hpp"

#include "stripe/values.hpp"

#include <algorithm>
#include <stdexcept>

namespace pollux::sims::stripe {

namespace {

int read_number(std::string_view name, json::value const& value)
{
    if (!value.is_int64()) throw std::invalid_argument(std::string(name) + " is a whole number");
    return static_cast<int>(value.get_int64());
}

bool read_flag(std::string_view name, json::value const& value)
{
    if (!value.is_bool()) throw std::invalid_argument(std::string(name) + " is true or false");
    return value.get_bool();
}

std::string read_text(std::string_view name, json::value const& value)
{
    if (!value.is_string()) throw std::invalid_argument(std::string(name) + " is a text");
    return std::string(value.get_string());
}

FaultPlan::Fault read_fault(std::string const& word)
{
    if (word == "none") return FaultPlan::Fault::none;
    if (word == "error") return FaultPlan::Fault::error;
    if (word == "cut") return FaultPlan::Fault::cut;
    if (word == "hang") return FaultPlan::Fault::hang;
    throw std::invalid_argument("fault is none, error, cut or hang");
}

FaultPlan read_plan(json::value const& given)
{
    if (!given.is_object()) throw std::invalid_argument("a plan is an object");
    FaultPlan plan;
    bool has_fault = false;
    for (auto const& field : given.get_object()) {
        std::string_view const name = field.key();
        auto const& value = field.value();
        if (name == "name")
            plan.name = read_text(name, value);
        else if (name == "method")
            plan.method = read_text(name, value);
        else if (name == "path")
            plan.path = read_text(name, value);
        else if (name == "times")
            plan.times = read_number(name, value);
        else if (name == "delay_ms")
            plan.delay_ms = read_range(name, value);
        else if (name == "late_ms")
            plan.late_ms = read_range(name, value);
        else if (name == "acts")
            plan.acts = read_flag(name, value);
        else if (name == "status")
            plan.status = read_number(name, value);
        else if (name == "type")
            plan.type = read_text(name, value);
        else if (name == "code")
            plan.code = read_text(name, value);
        else if (name == "message")
            plan.message = read_text(name, value);
        else if (name == "should_retry")
            plan.should_retry = read_flag(name, value) ? "true" : "false";
        else if (name == "reason")
            plan.reason = read_text(name, value);
        else if (name == "keeps")
            plan.keeps = read_flag(name, value) ? 1 : 0;
        else if (name == "fault") {
            plan.fault = read_fault(read_text(name, value));
            has_fault = true;
        } else
            throw std::invalid_argument("a plan has no field " + std::string(name));
    }
    if (!has_fault && given.get_object().contains("status")) plan.fault = FaultPlan::Fault::error;
    if (plan.status < 400 || plan.status > 599) throw std::invalid_argument("status is an error's, 400 to 599");
    if (plan.type.empty()) plan.type = plan.status == 402 ? "card_error" : plan.status >= 500 ? "api_error" : "invalid_request_error";
    if (plan.message.empty()) {
        plan.message = plan.code == "rate_limit"
                           ? "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
                       : plan.code == "lock_timeout"
                           ? "This object cannot be accessed right now because another API request or Stripe process is currently "
                             "accessing it. If you see this error intermittently, retry the request. If you see this error frequently and "
                             "are making multiple concurrent requests to a single object, make your requests serially or at a lower rate."
                           : "Sorry! There was an error while talking to one of our backends. Support has been notified.";
    }
    return plan;
}

std::vector<FaultPlan> read_plans(json::value const& given)
{
    if (!given.is_array()) throw std::invalid_argument("next and matching are arrays of plans");
    std::vector<FaultPlan> plans;
    for (auto const& one : given.get_array()) plans.push_back(read_plan(one));
    return plans;
}

bool fits(FaultPlan const& plan, std::string_view method, std::string_view path)
{
    if (plan.times == 0 || (!plan.method.empty() && plan.method != method)) return false;
    if (plan.path.empty() || plan.path == path) return true;
    return plan.path.ends_with('*') && path.starts_with(std::string_view(plan.path).substr(0, plan.path.size() - 1));
}

} // namespace

void FaultPlans::load(json::value const& given)
{
    auto made = *this;
    if (given.is_array()) {
        for (auto& plan : read_plans(given)) made.next_.push_back(std::move(plan));
    } else if (given.is_object()) {
        auto const& fields = given.get_object();
        if (auto const* reset = fields.if_contains("reset"); reset && read_flag("reset", *reset)) made = {};
        for (auto const& field : fields) {
            std::string_view const name = field.key();
            if (name == "reset") continue;
            if (name == "default")
                made.default_ = read_plan(field.value());
            else if (name == "next") {
                for (auto& plan : read_plans(field.value())) made.next_.push_back(std::move(plan));
            } else if (name == "matching") {
                for (auto& plan : read_plans(field.value())) made.matching_.push_back(std::move(plan));
            } else
                throw std::invalid_argument("plans have no field " + std::string(name) + "; write default, next, matching or reset");
        }
    } else
        throw std::invalid_argument("plans are an object or an array");
    *this = std::move(made);
}

FaultPlan FaultPlans::take(std::string_view method, std::string_view path)
{
    for (auto& plan : matching_) {
        if (!fits(plan, method, path)) continue;
        if (plan.times > 0) --plan.times;
        return plan;
    }
    auto const found = std::ranges::find_if(next_, [&](FaultPlan const& plan) { return fits(plan, method, path); });
    if (found != next_.end()) {
        if (found->times > 0) --found->times;
        auto taken = *found;
        if (found->times == 0) next_.erase(found);
        return taken;
    }
    return default_;
}

} // namespace pollux::sims::stripe
