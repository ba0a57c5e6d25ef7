#include "stripe/list.hpp"

#include "stripe/errors.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::int64_t limit_default = 10;
constexpr std::int64_t limit_max = 100;

std::int64_t read_limit(json::object const& params)
{
    if (!has_value(params, "limit")) return limit_default;
    auto const limit = number_of(params, "limit");
    if (limit > limit_max)
        throw invalid("This value must be less than or equal to 100 (it currently is '" + std::to_string(limit) + "').", "limit",
                      "parameter_invalid_integer");
    if (limit < 1)
        throw invalid("This value must be greater than or equal to 1 (it currently is '" + std::to_string(limit) + "').", "limit",
                      "parameter_invalid_integer");
    return limit;
}

std::int64_t number_of_cursor(World& world, std::string_view kind, json::object const& params, std::string_view name)
{
    auto const id = text_of(params, name);
    auto const* record = world.store.find(kind, id);
    if (!record) return world.need(kind, id, std::string(name)).number; // Throws.
    return record->number;
}

bool in_created(json::object const& params, Record const& record)
{
    return is_in_range(params, "created", number_of(record.body, "created"));
}

} // namespace

json::object list_of(Ask const& ask, std::string_view kind, Filter const& filter)
{
    auto const limit = static_cast<std::size_t>(read_limit(ask.params));
    bool const after = has_value(ask.params, "starting_after");
    bool const before = has_value(ask.params, "ending_before");
    if (after && before) throw invalid("You may only specify one of these parameters: starting_after, ending_before.", "ending_before");

    std::vector<Record const*> records;
    auto const customer = text_of(ask.params, "customer");
    if (!customer.empty() && !ask.world.store.find("customer", customer)) ask.world.need("customer", customer, "customer"); // Throws.
    auto const border = after    ? number_of_cursor(ask.world, kind, ask.params, "starting_after")
                        : before ? number_of_cursor(ask.world, kind, ask.params, "ending_before")
                                 : 0;
    auto const fits = [&](Record const& record) { return !record.is_deleted() && in_created(ask.params, record) && filter(record); };

    // One more than the limit is taken, to know whether there are more.
    auto const take = [&](auto const& from, auto const& number, auto const& record_of) {
        if (before) { // Upwards from the cursor, then turned round.
            auto at = std::ranges::upper_bound(from, border, {}, number);
            for (; at != from.end() && records.size() <= limit; ++at) {
                if (fits(record_of(*at))) records.push_back(&record_of(*at));
            }
            return;
        }
        auto at = after ? std::ranges::lower_bound(from, border, {}, number) : from.end();
        while (at != from.begin() && records.size() <= limit) {
            --at;
            if (fits(record_of(*at))) records.push_back(&record_of(*at));
        }
    };
    if (customer.empty()) {
        take(
            ask.world.store.all(kind), [](Record const& record) { return record.number; },
            [](Record const& record) -> Record const& { return record; });
    } else {
        take(
            ask.world.store.of_customer(kind, customer), [](Record const* record) { return record->number; },
            [](Record const* record) -> Record const& { return *record; });
    }

    bool const more = records.size() > limit;
    if (more) records.pop_back();
    if (before) std::ranges::reverse(records);
    json::array data;
    for (auto const* record : records) data.push_back(record->body);
    return {{"object", "list"}, {"data", std::move(data)}, {"has_more", more}, {"url", ask.path}};
}

bool is_in_range(json::object const& params, std::string_view name, std::int64_t value)
{
    auto const* given = params.if_contains(name);
    if (!given || given->is_null()) return true;
    if (given->is_int64()) return value == given->get_int64();
    auto const* range = given->if_object();
    if (!range) return true;
    return (!range->contains("gt") || value > number_of(*range, "gt")) && (!range->contains("gte") || value >= number_of(*range, "gte")) &&
           (!range->contains("lt") || value < number_of(*range, "lt")) && (!range->contains("lte") || value <= number_of(*range, "lte"));
}

json::object inner_list(json::array data, std::string url)
{
    return {{"object", "list"}, {"data", std::move(data)}, {"has_more", false}, {"url", std::move(url)}};
}

} // namespace pollux::sims::stripe
