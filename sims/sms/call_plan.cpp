#include "sms/call_plan.hpp"

namespace pollux::sims::sms {

namespace {

using Fault = CallPlan::Fault;

PlanFields<CallPlan> const fields = {
    {"name", text_field(&CallPlan::name)},
    {"vendor", word_field(&CallPlan::vendor, {{"twilio", "twilio"}, {"webhook", "webhook"}})},
    {"method", word_field(&CallPlan::method, {{"POST", "POST"}, {"GET", "GET"}})},
    {"to", text_field(&CallPlan::to)},
    {"times", number_field(&CallPlan::times)},
    {"delay_ms", range_field(&CallPlan::delay_ms)},
    {"late_ms", range_field(&CallPlan::late_ms)},
    {"fault", word_field(&CallPlan::fault, {{"none", Fault::none}, {"error", Fault::error}, {"cut", Fault::cut}, {"hang", Fault::hang}})},
    {"acts", flag_field(&CallPlan::acts)},
    {"status", number_field(&CallPlan::status)},
    {"code", number_field(&CallPlan::code)},
    {"message", text_field(&CallPlan::message)},
    {"retry_after_s", number_field(&CallPlan::retry_after_s)},
    {"html", flag_field(&CallPlan::html)},
};

} // namespace

CallPlan read_call_plan(json::value const& value)
{
    auto plan = read_fields(value, fields);
    auto const& given = value.get_object();
    bool const is_error = given.contains("status") || given.contains("code") || given.contains("html");
    if (is_error && !given.contains("fault")) plan.fault = Fault::error;
    if (is_error && plan.fault != Fault::error) throw std::invalid_argument("status, code and html are of the fault error");
    if (plan.status == 0) plan.status = plan.code == 20429 ? 429 : plan.code == 20003 ? 401 : plan.code >= 21000 ? 400 : 500;
    if (plan.status < 300 || plan.status > 599) throw std::invalid_argument("status is an error's, 300 to 599");
    return plan;
}

bool fits(CallPlan const& plan, std::string_view vendor, std::string_view method, std::string_view to)
{
    if ((!plan.vendor.empty() && plan.vendor != vendor) || (!plan.method.empty() && plan.method != method)) return false;
    if (plan.to.empty() || plan.to == to) return true;
    return plan.to.ends_with('*') && to.starts_with(std::string_view(plan.to).substr(0, plan.to.size() - 1));
}

} // namespace pollux::sims::sms
