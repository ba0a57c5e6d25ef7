#include "billing/plan_fields.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace pollux::billing {
namespace {

constexpr std::size_t name_max = 32;
constexpr std::size_t title_characters_max = 60;
constexpr std::size_t lines_max = 12;
constexpr std::size_t line_characters_max = 200;
constexpr std::size_t models_max = 100;
constexpr std::size_t model_id_max = 200;

struct NumberField {
    std::string_view name;
    std::int64_t Plan::* member;
    std::int64_t min;
    std::int64_t max;
};
// What a message may hold is limited by its route, too.
constexpr std::array<NumberField, 7> numbers{{{"rank", &Plan::rank, 0, 1'000},
                                              {"messages_per_day", &Plan::messages_per_day, 0, 1'000'000'000},
                                              {"requests_per_minute", &Plan::requests_per_minute, 1, 1'000'000},
                                              {"context_tokens", &Plan::context_tokens, 256, 100'000'000},
                                              {"message_characters_max", &Plan::message_characters_max, 1, 32'000},
                                              {"replies_at_once", &Plan::replies_at_once, 1, 100},
                                              {"rooms_max", &Plan::rooms_max, 1, 100'000'000}}};

struct FlagField {
    std::string_view name;
    bool Plan::* member;
};
constexpr std::array<FlagField, 2> flags{{{"is_public", &Plan::is_public}, {"is_archived", &Plan::is_archived}}};

Error wrong(std::string_view field, std::string_view wanted)
{
    return {ErrorKind::invalid, "wrong_plan_field", std::string(field) + " must be " + std::string(wanted) + "."};
}

std::vector<std::string> split(std::string_view text, char border)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        auto const end = std::min(text.find(border), text.size());
        parts.emplace_back(trim(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string join(std::vector<std::string> const& parts, std::string_view border)
{
    std::string text;
    for (auto const& part : parts) text.append(text.empty() ? "" : border).append(part);
    return text;
}

bool is_line(std::string_view text, std::size_t characters_max)
{
    return is_utf8(text) && !text.empty() && code_points(text) <= characters_max && !has_control_or_bidi(text);
}

std::optional<bool> parse_flag(std::string_view value)
{
    auto const word = lower_ascii(value);
    if (word == "yes" || word == "true" || word == "1") return true;
    if (word == "no" || word == "false" || word == "0") return false;
    return std::nullopt;
}

Result<void> set_number(Plan& plan, NumberField const& field, std::string_view value)
{
    auto const number = parse_integer(value);
    if (field.min == field.max && number != field.min)
        return wrong(field.name, std::to_string(field.min) + " for " + plan.name + ", which everybody has who has no other");
    if (!number || *number < field.min || *number > field.max) {
        return wrong(field.name, "a number from " + std::to_string(field.min) + " to " + std::to_string(field.max));
    }
    plan.*field.member = *number;
    return {};
}

Result<void> set_lines(Plan& plan, std::string_view value)
{
    auto lines = split(value, '|');
    bool const are_right =
        lines.size() <= lines_max && std::ranges::all_of(lines, [](auto const& line) { return is_line(line, line_characters_max); });
    if (!are_right) {
        return wrong("description", "at most " + std::to_string(lines_max) + " lines of 1 to " + std::to_string(line_characters_max) +
                                        " characters, with | between them");
    }
    plan.description = std::move(lines);
    return {};
}

Result<void> set_models(Plan& plan, std::string_view value)
{
    if (value == "*") {
        plan.models = PlanModels::parse("*");
        return {};
    }
    auto ids = split(value, ',');
    bool const are_right = !ids.empty() && ids.size() <= models_max &&
                           std::ranges::all_of(ids, [](auto const& id) { return is_line(id, model_id_max) && id.find(' ') == id.npos; });
    if (!are_right) return wrong("models", "* for all, or ids of models with commas between them");
    plan.models = PlanModels::parse(lines_text(ids));
    return {};
}

} // namespace

bool is_plan_name(std::string_view name)
{
    if (name == tier_of_gone) return false;
    auto const is_small = [](char letter) { return letter >= 'a' && letter <= 'z'; };
    return !name.empty() && name.size() <= name_max && is_small(name.front()) && std::ranges::all_of(name, [&](char letter) {
        return is_small(letter) || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    });
}

Result<void> set_plan_field(Plan& plan, std::string_view field, std::string_view value)
{
    bool const is_basic = plan.name == basic_plan;
    for (auto number : numbers) {
        if (number.name != field) continue;
        if (field == "rank" && !is_basic) number.min = 1; // Everybody has basic who has nothing higher.
        if (field == "rank" && is_basic) number.max = 0;
        return set_number(plan, number, value);
    }
    for (auto const& flag : flags) {
        if (flag.name != field) continue;
        auto const is_set = parse_flag(value);
        if (!is_set) return wrong(field, "yes or no");
        if (is_basic && *is_set && field == "is_archived")
            return wrong("is_archived", "no for basic, which everybody has who has no other");
        plan.*flag.member = *is_set;
        return {};
    }
    if (field == "models") return set_models(plan, value);
    if (field == "description") return set_lines(plan, value);
    if (field == "title") {
        if (!is_line(value, title_characters_max))
            return wrong("title", "1 to " + std::to_string(title_characters_max) + " characters on one line");
        plan.title = value;
        return {};
    }
    std::string names;
    for (auto const name : plan_field_names()) names.append(names.empty() ? "" : ", ").append(name);
    return Error(ErrorKind::invalid, "unknown_plan_field", "A plan has no field " + std::string(field) + "; there are " + names + ".");
}

std::string plan_field(Plan const& plan, std::string_view field)
{
    for (auto const& number : numbers) {
        if (number.name == field) return std::to_string(plan.*number.member);
    }
    for (auto const& flag : flags) {
        if (flag.name == field) return plan.*flag.member ? "yes" : "no";
    }
    if (field == "models") return plan.models.are_all() ? "*" : join(plan.models.ids(), ",");
    if (field == "description") return join(plan.description, "|");
    if (field == "title") return plan.title;
    return {};
}

std::vector<std::string_view> plan_field_names()
{
    std::vector<std::string_view> names{"title", "description"};
    for (auto const& flag : flags) names.push_back(flag.name);
    for (auto const& number : numbers) names.push_back(number.name);
    names.emplace_back("models");
    return names;
}

} // namespace pollux::billing
