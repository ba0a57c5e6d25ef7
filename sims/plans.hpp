// What a test tells a simulator to do with calls to come: plans, which are JSON objects whose every field may be left out.
#pragma once

#include "range.hpp"

#include <boost/json/serialize.hpp>

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims {

template <class Plan>
using PlanFields = std::map<std::string_view, std::function<void(Plan&, json::value const&)>>;

// How a field of a plan is read into a member.
template <class Plan>
auto text_field(std::string Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = std::string(value.as_string()); };
}

template <class Plan>
auto flag_field(bool Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = value.as_bool(); };
}

template <class Plan, class Number>
auto number_field(Number Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = value.to_number<Number>(); };
}

template <class Plan>
auto range_field(Range Plan::* member)
{
    return [member](Plan& plan, json::value const& value) { plan.*member = read_range("it", value); };
}

template <class Plan, class Enum>
auto word_field(Enum Plan::* member, std::map<std::string_view, Enum> words)
{
    return [member, words = std::move(words)](Plan& plan, json::value const& value) { plan.*member = words.at(value.as_string()); };
}

// Throws std::invalid_argument that names the field which is unknown or wrong.
template <class Plan>
Plan read_fields(json::value const& value, PlanFields<Plan> const& fields)
{
    if (!value.is_object()) throw std::invalid_argument("a plan is an object");
    Plan plan;
    for (auto const& field : value.get_object()) {
        auto const read = fields.find(field.key());
        if (read == fields.end()) throw std::invalid_argument("a plan has no field " + std::string(field.key()));
        try {
            read->second(plan, field.value());
        } catch (std::exception const&) {
            throw std::invalid_argument("wrong value for " + std::string(field.key()) + ": " + json::serialize(field.value()));
        }
    }
    return plan;
}

// Which plan is next. A Plan has `times`: for how many calls it is; -1: for all.
template <class Plan>
class PlanQueue {
public:
    using Read = Plan (*)(json::value const&);

    explicit PlanQueue(Read read) : read_(read) {}

    // {"default": plan, "next": [plan, ...], "matching": [plan, ...], "reset": true}, all optional; an array is "next". Plans of
    // "next" and "matching" are added to those that wait. Throws as `read` does, and then nothing has changed.
    void load(json::value const& value)
    {
        auto made = *this;
        if (value.is_array()) {
            made.add(made.next_, value);
        } else if (value.is_object()) {
            auto const& object = value.get_object();
            if (auto const* reset = object.if_contains("reset")) {
                if (!reset->is_bool()) throw std::invalid_argument("reset is true or false");
                if (reset->get_bool()) made = PlanQueue(read_);
            }
            for (auto const& field : object) made.load_field(field.key(), field.value());
        } else {
            throw std::invalid_argument("plans are an object or an array");
        }
        *this = std::move(made);
    }

    // The first of "matching" that is for this call, else the first of "next" that may be, else the default. Counts it as used.
    template <class Matches, class MayBe>
    Plan take(Matches matches, MayBe may_be)
    {
        for (auto& plan : matching_) {
            if (plan.times != 0 && matches(plan)) return used(plan);
        }
        std::erase_if(next_, [](Plan const& plan) { return plan.times == 0; });
        for (auto& plan : next_) {
            if (may_be(plan)) return used(plan);
        }
        return default_;
    }

private:
    static Plan used(Plan& plan)
    {
        if (plan.times > 0) --plan.times;
        return plan;
    }

    template <class List>
    void add(List& list, json::value const& value)
    {
        if (!value.is_array()) throw std::invalid_argument("a list of plans is an array");
        for (auto const& one : value.get_array()) list.push_back(read_(one));
    }

    void load_field(std::string_view name, json::value const& value)
    {
        if (name == "default") {
            default_ = read_(value);
        } else if (name == "next") {
            add(next_, value);
        } else if (name == "matching") {
            add(matching_, value);
        } else if (name != "reset") {
            throw std::invalid_argument("plans have no field " + std::string(name) + "; write default, next, matching or reset");
        }
    }

    Read read_;
    Plan default_;
    std::vector<Plan> matching_;
    std::deque<Plan> next_;
};

// Reads files of plans at the start of a simulator. Throws std::runtime_error that names the file.
std::vector<json::value> read_plan_files(std::vector<std::string> const& files);

} // namespace pollux::sims
