#include "app/plan_commands.hpp"

#include "app/beside_server.hpp"
#include "base/json_types.hpp"
#include "base/time_text.hpp"
#include "billing/plan_fields.hpp"

#include <algorithm>

namespace pollux::app {
namespace {

constexpr char const* list_name = "plans_list";
constexpr char const* set_name = "plans_set";
constexpr char const* add_name = "plans_add";
constexpr char const* price_name = "plans_price";
constexpr char const* grant_name = "grant";
constexpr char const* revoke_name = "revoke";
constexpr char const* actor = "operator";

constexpr std::chrono::seconds provider_time_max{8};

// What is sent and what is read of it; the services judge both.
struct PlanAsked {
    std::string plan;
    std::string fields; // One a line.
};
POLLUX_DESCRIBE(PlanAsked, (plan, fields))
struct PlanWanted {
    Text<0, 100> plan;
    Text<0, 10'000> fields;
};
POLLUX_DESCRIBE(PlanWanted, (plan, fields))

struct PriceAsked {
    std::string plan;
    std::string price;
    bool is_retired = false;
};
POLLUX_DESCRIBE(PriceAsked, (plan, price, is_retired))
struct PriceWanted {
    Text<0, 100> plan;
    Line<0, 255> price;
    bool is_retired = false;
};
POLLUX_DESCRIBE(PriceWanted, (plan, price, is_retired))

struct GrantAsked {
    std::string mobile;
    std::string plan;
    std::string until;
    std::string reason;
};
POLLUX_DESCRIBE(GrantAsked, (mobile, plan, until, reason))
struct GrantWanted {
    Text<0, 100> mobile;
    Text<0, 100> plan;
    Text<0, 100> until;
    Line<0, 500> reason;
};
POLLUX_DESCRIBE(GrantWanted, (mobile, plan, until, reason))

struct Said {
    std::string text;
};
POLLUX_DESCRIBE(Said, (text))
struct SaidThere {
    Text<0, 64'000> text;
};
POLLUX_DESCRIBE(SaidThere, (text))

// To the second: "2026-12-31T18:00:00Z".
std::string words_of(Time time)
{
    return rfc3339(time).substr(0, 19) + "Z";
}

std::string words_for(std::optional<Time> until)
{
    return until ? " until " + words_of(*until) : std::string(" without end");
}

// A name and its value; what has several lines has them below each other.
std::string row(std::string_view name, std::vector<std::string> const& lines)
{
    constexpr std::size_t width = 24; // Of the names.
    std::string text;
    for (auto const& line : lines) {
        auto const shown = text.empty() ? name : std::string_view();
        text.append("  ").append(shown).append(width - shown.size(), ' ').append(line).append("\n");
    }
    return text;
}

std::vector<std::string> prices_of(std::string const& plan, std::vector<billing::KnownPrice> const& prices)
{
    std::vector<std::string> list;
    for (auto const& one : prices) {
        if (one.plan == plan) list.push_back(one.price + (one.state == billing::PriceState::retired ? " (retired)" : ""));
    }
    return list;
}

// All that `set` changes, as it is typed, and the prices: a piece for each plan, no wider than a terminal.
std::string text_of(std::vector<billing::Plan> const& plans, std::vector<billing::KnownPrice> const& prices)
{
    std::string text;
    for (auto const& plan : plans) {
        text += (text.empty() ? "" : "\n") + plan.name + "\n";
        for (auto const field : billing::plan_field_names()) {
            std::vector<std::string> lines{billing::plan_field(plan, field)};
            if (field == "description") {
                lines = plan.description;
                for (std::size_t index = 0; index + 1 < lines.size(); ++index) lines[index] += " |";
            }
            if (lines.empty() || lines.front().empty()) lines = {"-"};
            text += row(field, lines);
        }
        auto const known = prices_of(plan.name, prices);
        text += row("prices", known.empty() ? std::vector<std::string>{"-"} : known);
    }
    return text;
}

// "rooms_max=50" and so on; what has no = is a field without a value, which the plans refuse.
billing::PlanFields read_fields(std::string_view lines)
{
    billing::PlanFields fields;
    while (!lines.empty()) {
        auto const line = lines.substr(0, lines.find('\n'));
        auto const equals = std::min(line.find('='), line.size());
        fields.emplace_back(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
    return fields;
}

asio::awaitable<Result<std::string>> list(Rooms& rooms, std::string)
{
    auto const plans = co_await rooms.plan_desk.all();
    std::vector<billing::KnownPrice> prices;
    if (rooms.payments) prices = co_await rooms.payments->price_desk().all();
    co_return to_json(Said{text_of(plans, prices)});
}

constexpr char const* pages_go_on =
    " Payment pages that are open already sell it for a day at most, and the portal until `pollux stripe-setup` is run.";

// What ends the sale of a plan ends it for who comes from now on.
bool ends_sale(std::string const& change)
{
    return change == "is_archived no -> yes" || change == "is_public yes -> no";
}

asio::awaitable<Result<std::string>> set(Rooms& rooms, std::string arguments)
{
    auto wanted = from_json<PlanWanted>(arguments);
    if (!wanted) co_return wanted.error();
    auto const name = wanted->plan.value;
    auto const changes = co_await rooms.plan_desk.set(name, read_fields(wanted->fields.value), actor);
    if (!changes) co_return changes.error();
    std::string line = name + ": ";
    if (changes->empty()) line += "nothing to change";
    for (auto const& change : *changes) line.append(&change == &changes->front() ? "" : "; ").append(change);
    line += ".";
    if (rooms.payments && std::ranges::any_of(*changes, ends_sale)) {
        auto const prices = co_await rooms.payments->price_desk().all();
        bool const is_sold =
            std::ranges::any_of(prices, [&](auto const& one) { return one.plan == name && one.state == billing::PriceState::sold; });
        if (is_sold) line += pages_go_on;
    }
    co_return to_json(Said{line + "\n"});
}

asio::awaitable<Result<std::string>> add(Rooms& rooms, std::string arguments)
{
    auto wanted = from_json<PlanWanted>(arguments);
    if (!wanted) co_return wanted.error();
    auto const plan = co_await rooms.plan_desk.add(wanted->plan.value, read_fields(wanted->fields.value), actor);
    if (!plan) co_return plan.error();
    co_return to_json(
        Said{plan->name + ": added, with rank " + std::to_string(plan->rank) + (plan->is_public ? ", public.\n" : ", not public.\n")});
}

std::string words_for(PriceWanted const& wanted, billing::PriceDesk::Outcome const& outcome)
{
    auto const& plan = wanted.plan.value;
    auto text = wanted.price.value + (wanted.is_retired ? " is not sold, and entitles to " : " buys ") + plan +
                (outcome.is_changed ? " from now on" : " already") + ", in " + outcome.scope.mode + " mode of " + outcome.scope.account +
                ".";
    if (outcome.payers > 0)
        text += " Who pay by it and had not " + plan + " by it are looked at now: " + std::to_string(outcome.payers) + ".";
    if (!wanted.is_retired && !outcome.is_public)
        text += " Nobody can buy " + plan + " before it is public: `pollux plans set " + plan + " is_public=yes`.";
    if (outcome.is_changed && wanted.is_retired && outcome.was_sold) text += pages_go_on;
    if (outcome.is_changed && !wanted.is_retired && outcome.is_public && outcome.scope.mode != "demo")
        text += " `pollux stripe-setup` lets who has another plan switch to it.";
    return text + "\n";
}

asio::awaitable<Result<std::string>> price(Rooms& rooms, std::string arguments)
{
    auto wanted = from_json<PriceWanted>(arguments);
    if (!wanted) co_return wanted.error();
    if (!rooms.payments) {
        co_return Error(ErrorKind::unavailable, "billing_not_configured", "Nothing is sold here: STRIPE_SECRET_KEY is not set.");
    }
    billing::PriceDesk::Wish wish{wanted->plan.value, wanted->price.value,
                                  wanted->is_retired ? billing::PriceState::retired : billing::PriceState::sold};
    auto const outcome = co_await rooms.payments->price_desk().assign(std::move(wish), actor, Steady::now() + provider_time_max);
    if (!outcome) co_return outcome.error();
    co_return to_json(Said{words_for(*wanted, *outcome)});
}

std::string outcome(std::string const& mobile, std::string const& done, billing::Tier const& tier)
{
    bool const is_paid = tier.source == billing::TierSource::stripe || tier.source == billing::TierSource::demo;
    auto const end = is_paid && tier.until ? ", paid for, until " + words_of(*tier.until) + " unless it is renewed" : words_for(tier.until);
    return to_json(Said{mobile + " " + done + "; the account's plan is " + tier.plan + end + ".\n"});
}

asio::awaitable<Result<std::string>> grant(Rooms& rooms, std::string arguments)
{
    auto wanted = from_json<GrantWanted>(arguments);
    if (!wanted) co_return wanted.error();
    auto const& end = wanted->until.value;
    auto const until = end.empty() ? std::nullopt : parse_end(end);
    if (!end.empty() && !until) {
        co_return Error(ErrorKind::invalid, "wrong_time",
                        "--until takes a date like 2026-12-31, to its end (UTC), or a time like 2026-12-31T18:00:00Z, before the year "
                        "9999; a grant without it has no end.");
    }
    auto const user = co_await rooms.accounts.account_of(wanted->mobile.value);
    if (!user) co_return user.error();
    billing::Grant one{.user = user->id, .plan = wanted->plan.value, .until = until, .granted_by = actor, .reason = wanted->reason.value};
    auto const done = "is granted " + one.plan + words_for(until);
    auto const tier = co_await rooms.tiers.grant(std::move(one));
    if (!tier) co_return tier.error();
    co_return outcome(user->mobile, done, *tier);
}

asio::awaitable<Result<std::string>> revoke(Rooms& rooms, std::string arguments)
{
    auto wanted = from_json<GrantWanted>(arguments);
    if (!wanted) co_return wanted.error();
    auto const user = co_await rooms.accounts.account_of(wanted->mobile.value);
    if (!user) co_return user.error();
    auto const plan = wanted->plan.value;
    auto const tier = co_await rooms.tiers.revoke(user->id, plan, actor);
    if (!tier) co_return tier.error();
    co_return outcome(user->mobile, "is not granted " + plan + " any more", *tier);
}

Result<std::string> ask(config::Config const& config, std::string const& command, std::string const& arguments)
{
    auto const answer = run_beside_server(config, command, arguments);
    if (!answer) return answer.error();
    auto said = from_json<SaidThere>(*answer);
    if (!said) return said.error();
    return std::move(said->text.value);
}

std::string plan_json(std::string plan, std::vector<std::string> const& fields)
{
    PlanAsked asked{.plan = std::move(plan), .fields = {}};
    for (auto const& field : fields) asked.fields.append(asked.fields.empty() ? "" : "\n").append(field);
    return to_json(asked);
}

} // namespace

Result<std::string> list_plans(config::Config const& config)
{
    return ask(config, list_name, "{}");
}

Result<std::string> set_plan(config::Config const& config, std::string plan, std::vector<std::string> const& fields)
{
    return ask(config, set_name, plan_json(std::move(plan), fields));
}

Result<std::string> add_plan(config::Config const& config, std::string plan, std::vector<std::string> const& fields)
{
    return ask(config, add_name, plan_json(std::move(plan), fields));
}

Result<std::string> price_plan(config::Config const& config, std::string plan, std::string price, billing::PriceState state)
{
    return ask(config, price_name, to_json(PriceAsked{std::move(plan), std::move(price), state == billing::PriceState::retired}));
}

Result<std::string> grant_plan(config::Config const& config, std::string mobile, std::string plan, std::string until, std::string reason)
{
    return ask(config, grant_name, to_json(GrantAsked{std::move(mobile), std::move(plan), std::move(until), std::move(reason)}));
}

Result<std::string> revoke_plan(config::Config const& config, std::string mobile, std::string plan)
{
    return ask(config, revoke_name, to_json(GrantAsked{std::move(mobile), std::move(plan), "", ""}));
}

control::Commands plan_commands(Rooms& rooms)
{
    using Work = asio::awaitable<Result<std::string>> (*)(Rooms&, std::string);
    auto const command = [&rooms](Work work) {
        return control::Command([&rooms, work](std::string arguments) { return work(rooms, std::move(arguments)); });
    };
    return {{list_name, command(list)},   {set_name, command(set)},     {add_name, command(add)},
            {price_name, command(price)}, {grant_name, command(grant)}, {revoke_name, command(revoke)}};
}

} // namespace pollux::app
