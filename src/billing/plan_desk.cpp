#include "billing/plan_desk.hpp"

#include "audit/audit.hpp"
#include "billing/plan_fields.hpp"
#include "billing/tiers.hpp"
#include "tasks/enqueue.hpp"

#include <algorithm>

namespace pollux::billing {
namespace {

constexpr std::int64_t first_rank = 1;

std::vector<std::string> differences(Plan const& before, Plan const& after)
{
    std::vector<std::string> list;
    for (auto const field : plan_field_names()) {
        auto const old_value = plan_field(before, field);
        auto const new_value = plan_field(after, field);
        if (old_value != new_value) list.push_back(std::string(field) + " " + old_value + " -> " + new_value);
    }
    return list;
}

std::string in_one_line(std::vector<std::string> const& texts)
{
    std::string line;
    for (auto const& text : texts) line.append(line.empty() ? "" : "; ").append(text);
    return line;
}

} // namespace

Result<void> PlanDesk::apply(Plan& plan, PlanFields const& fields) const
{
    for (auto const& [field, value] : fields) {
        auto const set = set_plan_field(plan, field, value);
        if (!set) return set.error();
        if (field != "models") continue;
        for (auto const& id : plan.models.ids()) {
            if (std::ranges::find(models_, id) != models_.end()) continue;
            return Error(ErrorKind::invalid, "unknown_model", "There is no model " + id + "; AI_MODELS has " + in_one_line(models_) + ".");
        }
    }
    return {};
}

asio::awaitable<Result<std::vector<std::string>>> PlanDesk::set_in(db::Transaction& transaction, std::string name, PlanFields const& fields,
                                                                   std::string actor)
{
    auto const before = co_await PlanStore::lock(transaction, name);
    if (!before) {
        co_return Error(ErrorKind::not_found, "plan_not_found", "There is no plan " + name + "; `pollux plans list` shows all.");
    }
    auto after = *before;
    auto const applied = apply(after, fields);
    if (!applied) co_return applied.error();
    auto changes = differences(*before, after);
    if (changes.empty()) co_return changes;
    co_await PlanStore::change(transaction, after);
    auto detail = name + ": " + in_one_line(changes);
    co_await audit::write(transaction, {.actor = std::move(actor), .action = "plan", .detail = std::move(detail)});
    // Who is entitled to several plans may have another one now.
    if (before->rank != after.rank) co_await tasks::enqueue(transaction, {.kind = tier_sweep_task});
    co_return changes;
}

asio::awaitable<Result<std::vector<std::string>>> PlanDesk::set(std::string name, PlanFields fields, std::string actor)
{
    auto changes = co_await database_.transact(
        [this, name, &fields, actor](db::Transaction& transaction) { return set_in(transaction, name, fields, actor); });
    if (changes && !changes->empty()) {
        billing_.plans_changed();
        bell_.ring(tier_sweep_task);
    }
    co_return changes;
}

asio::awaitable<Result<Plan>> PlanDesk::add_in(db::Transaction& transaction, std::string name, PlanFields const& fields, std::string actor)
{
    if (!is_plan_name(name)) {
        co_return Error(ErrorKind::invalid, "wrong_plan_name",
                        "A plan's name begins with a-z and has a-z, 0-9, - and _ in it, 32 of them at most, and is not `gone`.");
    }
    auto const basic = co_await PlanStore::lock(transaction, basic_plan);
    auto plan = basic.value_or(Plan());
    plan.name = name;
    plan.title = name;
    plan.description = {};
    plan.rank = first_rank;
    plan.is_public = false;
    auto const applied = apply(plan, fields);
    if (!applied) co_return applied.error();
    bool const is_new = co_await PlanStore::add(transaction, plan);
    if (!is_new) co_return conflict("plan_exists", "There is a plan " + name + " already; `pollux plans set` changes it.");
    co_await audit::write(transaction, {.actor = std::move(actor), .action = "plan", .detail = name + ": added"});
    co_return plan;
}

asio::awaitable<Result<Plan>> PlanDesk::add(std::string name, PlanFields fields, std::string actor)
{
    co_return co_await database_.transact(
        [this, name, &fields, actor](db::Transaction& transaction) { return add_in(transaction, name, fields, actor); });
}

} // namespace pollux::billing
