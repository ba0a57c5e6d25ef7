#include "gemini/plan.hpp"

#include <boost/json.hpp>

#include <array>
#include <functional>
#include <map>
#include <stdexcept>

namespace pollux::sims {

namespace json = boost::json;

namespace {

using Read = std::function<void(Plan&, json::value const&)>;

Read text(std::string Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = std::string(value.as_string()); };
}

Read flag(bool Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = value.as_bool(); };
}

template <class Number>
Read number(Number Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = value.to_number<Number>(); };
}

template <class Enum>
Read word(Enum Plan::* member, std::map<std::string_view, Enum> words)
{
    return [member, words = std::move(words)](Plan& plan, json::value const& value) { plan.*member = words.at(value.as_string()); };
}

std::map<std::string_view, Read> const& fields()
{
    static std::map<std::string_view, Read> const all = {
        {"name", text(&Plan::name)},
        {"match", text(&Plan::match)},
        {"times", number(&Plan::times)},
        {"delay_ms", number(&Plan::delay_ms)},
        {"first_delay_ms", number(&Plan::first_delay_ms)},
        {"chunk_delay_ms", number(&Plan::chunk_delay_ms)},
        {"duration_ms", number(&Plan::duration_ms)},
        {"status", number(&Plan::status)},
        {"error_status", text(&Plan::error_status)},
        {"reason", text(&Plan::reason)},
        {"message", text(&Plan::message)},
        {"retry_delay", text(&Plan::retry_delay)},
        {"quota_id", text(&Plan::quota_id)},
        {"retry_after_s", number(&Plan::retry_after_s)},
        {"html", flag(&Plan::html)},
        {"text", text(&Plan::text)},
        {"text_bytes", number(&Plan::text_bytes)},
        {"thoughts", text(&Plan::thoughts)},
        {"signature", flag(&Plan::signature)},
        {"citations", flag(&Plan::citations)},
        {"usage", flag(&Plan::usage)},
        {"finish", text(&Plan::finish)},
        {"block_reason", text(&Plan::block_reason)},
        {"hops", number(&Plan::hops)},
        {"refuse_thoughts", flag(&Plan::refuse_thoughts)},
        {"chunk_characters", number(&Plan::chunk_characters)},
        {"chunks", number(&Plan::chunks)},
        {"stamps", number(&Plan::stamps)},
        {"line_end", word<LineEnd>(&Plan::line_end, {{"lf", LineEnd::lf}, {"crlf", LineEnd::crlf}, {"cr", LineEnd::cr}})},
        {"pieces",
         word<Pieces>(
             &Plan::pieces,
             {{"whole", Pieces::whole}, {"bytewise", Pieces::bytewise}, {"split_utf8", Pieces::split_utf8}, {"random", Pieces::random}})},
        {"last_blank_line", flag(&Plan::last_blank_line)},
        {"seed", number(&Plan::seed)},
        {"fault", word<Fault>(&Plan::fault, {{"none", Fault::none},
                                             {"hang", Fault::hang},
                                             {"cut", Fault::cut},
                                             {"reset", Fault::reset},
                                             {"end", Fault::end},
                                             {"garbage", Fault::garbage},
                                             {"error", Fault::error},
                                             {"bare_error", Fault::bare_error},
                                             {"block", Fault::block}})},
        {"after_chunks", number(&Plan::after_chunks)},
        {"cut_at_byte", number(&Plan::cut_at_byte)},
    };
    return all;
}

std::vector<Plan> read_plans(json::value const& value)
{
    if (!value.is_array()) throw std::invalid_argument("a list of plans is an array");
    std::vector<Plan> plans;
    for (auto const& one : value.get_array()) plans.push_back(read_plan(one));
    return plans;
}

} // namespace

Plan read_plan(json::value const& value)
{
    if (!value.is_object()) throw std::invalid_argument("a plan is an object");
    Plan plan;
    for (auto const& field : value.get_object()) {
        auto const read = fields().find(field.key());
        if (read == fields().end()) throw std::invalid_argument("a plan has no field " + std::string(field.key()));
        try {
            read->second(plan, field.value());
        } catch (std::exception const&) {
            throw std::invalid_argument("wrong value for " + std::string(field.key()) + ": " + json::serialize(field.value()));
        }
    }
    return plan;
}

void Plans::load(json::value const& value)
{
    Plans made = *this;
    if (value.is_array()) {
        for (auto& plan : read_plans(value)) made.next_.push_back(std::move(plan));
    } else if (value.is_object()) {
        auto const& object = value.get_object();
        if (auto const* reset = object.if_contains("reset"); reset && reset->is_bool() && reset->get_bool()) made = Plans();
        for (auto const& field : object) {
            if (field.key() == "reset") continue;
            if (field.key() == "default") {
                made.default_ = read_plan(field.value());
            } else if (field.key() == "next") {
                for (auto& plan : read_plans(field.value())) made.next_.push_back(std::move(plan));
            } else if (field.key() == "matching") {
                for (auto& plan : read_plans(field.value())) made.matching_.push_back(std::move(plan));
            } else {
                throw std::invalid_argument("plans have no field " + std::string(field.key()) + "; write default, next, matching or reset");
            }
        }
    } else {
        throw std::invalid_argument("plans are an object or an array");
    }
    *this = std::move(made);
}

Plan Plans::take(std::string_view last_user_text)
{
    for (auto& plan : matching_) {
        if (plan.times == 0 || last_user_text.find(plan.match) == std::string_view::npos) continue;
        if (plan.times > 0) --plan.times;
        return plan;
    }
    while (!next_.empty()) {
        auto& plan = next_.front();
        if (plan.times == 0) {
            next_.pop_front();
            continue;
        }
        if (plan.times > 0) --plan.times;
        return plan;
    }
    return default_;
}

} // namespace pollux::sims
