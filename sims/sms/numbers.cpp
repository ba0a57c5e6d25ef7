#include "sms/numbers.hpp"

#include <stdexcept>

namespace pollux::sims::sms {

namespace {

constexpr std::int64_t unknown_error = 30008, unreachable = 30003;
NumberRule const taken;

json::object describe_rule(std::string const& number, NumberRule const& rule)
{
    return {
        {"number", number}, {"refuse", rule.refuse}, {"outcome", rule.outcome}, {"error_code", rule.error_code}, {"at_once", rule.at_once}};
}

} // namespace

NumberRules::NumberRules()
{
    rules_["+15005550001"].refuse = 21211;
    rules_["+15005550002"].refuse = 21612;
    rules_["+15005550003"].refuse = 21408;
    rules_["+15005550004"].refuse = 21610;
    rules_["+15005550009"].refuse = 21614;
}

NumberRule const& NumberRules::of(std::string_view number) const
{
    if (auto const found = rules_.find(number); found != rules_.end()) return found->second;
    for (auto length = number.size() + 1; length-- > 0;) {
        auto const found = rules_.find(std::string(number.substr(0, length)) + "*");
        if (found != rules_.end()) return found->second;
    }
    return taken;
}

void NumberRules::set(json::object const& how)
{
    auto const number = text_of(how, "number");
    if (number.empty()) throw std::invalid_argument("write the number, or its beginning and a star: +229*");
    if (flag_of(how, "remove")) {
        rules_.erase(number);
        return;
    }
    NumberRule rule;
    rule.refuse = number_of(how, "refuse");
    if (how.contains("outcome")) rule.outcome = text_of(how, "outcome");
    if (!has_word("delivered undelivered failed sent", rule.outcome) || rule.outcome.empty())
        throw std::invalid_argument("outcome is delivered, undelivered, failed or sent");
    bool const fails = rule.outcome == "undelivered" || rule.outcome == "failed";
    rule.error_code = number_of(how, "error_code");
    if (fails && rule.error_code == 0) rule.error_code = rule.outcome == "failed" ? unknown_error : unreachable;
    if (!fails && rule.error_code != 0) throw std::invalid_argument("error_code is of the outcomes undelivered and failed");
    rule.at_once = flag_of(how, "at_once");
    if (rule.at_once && rule.outcome != "failed") throw std::invalid_argument("at_once is of the outcome failed");
    rules_[number] = rule;
}

json::object NumberRules::describe() const
{
    json::array all;
    for (auto const& [number, rule] : rules_) all.push_back(describe_rule(number, rule));
    return {{"numbers", std::move(all)}};
}

} // namespace pollux::sims::sms
