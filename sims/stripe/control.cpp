#include "stripe/control.hpp"

#include "stripe/control_words.hpp"
#include "stripe/errors.hpp"
#include "stripe/events.hpp"
#include "stripe/expand.hpp"
#include "stripe/form.hpp"
#include "stripe/portal.hpp"
#include "stripe/shapes.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdlib>

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t drain_ms = 60'000;

World& world_of(Simulator& simulator, json::object const& how)
{
    auto const& keys = simulator.keys.all();
    auto account = text_of(how, "account");
    if (account.empty() && !keys.empty()) account = keys.begin()->second.account;
    bool const is_known = std::ranges::any_of(keys, [&](auto const& one) { return one.second.account == account; });
    if (!is_known) throw invalid("no key is of the account '" + account + "'");
    if (how.contains("mode")) check_word("mode", text_of(how, "mode"), "live test");
    return simulator.place(account, text_of(how, "mode") == "live").world;
}

json::object describe(Settings const& settings)
{
    json::array gaps;
    for (auto const gap : settings.retry_after_s) gaps.push_back(gap);
    return {{"retry_after_s", std::move(gaps)},
            {"after_last_retry", settings.after_last_retry},
            {"draft_s", settings.draft_s},
            {"requests_per_second", settings.requests_per_second}};
}

json::object set(Settings& settings, json::object const& how)
{
    auto made = settings;
    if (auto const* given = how.if_contains("retry_after_s")) {
        made.retry_after_s.clear();
        for (auto const& gap : given->as_array()) made.retry_after_s.push_back(gap.to_number<std::int64_t>());
    }
    if (how.contains("after_last_retry")) made.after_last_retry = text_of(how, "after_last_retry");
    check_word("after_last_retry", made.after_last_retry, "cancel unpaid past_due");
    made.draft_s = static_cast<std::int64_t>(read_count(how, "draft_s", static_cast<std::size_t>(made.draft_s)));
    made.requests_per_second = read_count(how, "requests_per_second", made.requests_per_second);
    settings = made;
    return describe(settings);
}

json::object move_clock(Simulator& simulator, json::object const& how)
{
    auto& clock = simulator.clock;
    if (how.contains("advance_s"))
        clock.advance_to(clock.now() + number_of(how, "advance_s"));
    else if (how.contains("to")) {
        if (number_of(how, "to") < clock.now()) throw invalid("the clock only goes forward: it is " + std::to_string(clock.now()));
        clock.advance_to(number_of(how, "to"));
    } else
        throw invalid("write advance_s or to");
    simulator.deliveries.retry_due();
    return {{"now", clock.now()}};
}

json::object change_keys(Simulator& simulator, json::object const& how)
{
    auto const key = text_of(how, "key");
    if (flag_of(how, "remove")) {
        simulator.keys.remove(key);
        return {};
    }
    std::vector<std::string> rights;
    if (auto const* given = array_in(how, "rights")) {
        for (auto const& right : *given) rights.emplace_back(right.as_string());
    } else {
        rights = {"*"};
    }
    simulator.keys.add(key, text_of(how, "account"), std::move(rights));
    return {{"key", key}};
}

// As a call's parameters have it, of expand[]=a&expand[]=b.
json::object expansion_of(json::object const& query)
{
    json::array ways;
    if (auto const* given = object_in(query, "expand")) {
        for (auto const& one : *given) ways.push_back(one.value());
    }
    return {{"expand", std::move(ways)}};
}

// Objects as the API shows them, with no call in the log.
json::object objects(Simulator& simulator, json::object const& query)
{
    auto const expansion = expansion_of(query);
    json::array found;
    auto const add = [&](World& world, Record const& record) {
        auto shown = record.kind == "event" ? render_event(record) : record.body;
        expand_all(world, shown, expansion);
        found.push_back(std::move(shown));
    };
    auto const id = text_of(query, "id");
    if (!id.empty()) {
        for (auto* world : simulator.worlds()) {
            if (auto const* record = world->store.find_any(id)) add(*world, *record);
        }
    } else {
        auto const kind = text_of(query, "kind");
        if (kind != "event" && !has_shape(kind)) throw invalid("no object is called '" + kind + "'");
        auto& world = world_of(simulator, query);
        for (auto const& record : world.store.all(kind)) add(world, record);
    }
    return {{"objects", std::move(found)}};
}

json::object read(Simulator& simulator, std::string_view what, json::object const& query)
{
    check_read(what, query);
    if (what == "health") return {{"status", "ok"}};
    if (what == "calls")
        return simulator.calls.describe(std::atoll(text_of(query, "after").c_str()), text_of(query, "method"), text_of(query, "path"));
    if (what == "webhooks") return simulator.deliveries.describe_plan();
    if (what == "deliveries") return simulator.deliveries.describe(text_of(query, "state"), text_of(query, "event"));
    if (what == "clock") return {{"now", simulator.clock.now()}};
    if (what == "settings") return describe(world_of(simulator, query).settings);
    return objects(simulator, query);
}

asio::awaitable<json::object> write(Simulator& simulator, std::string_view what, json::value how)
{
    if (what == "plan") {
        simulator.plans.load(how);
        co_return json::object();
    }
    auto const& fields = how.as_object();
    check_write(what, fields);
    if (what == "webhooks") {
        simulator.deliveries.set_plan(fields);
        co_return simulator.deliveries.describe_plan();
    }
    if (what == "deliveries/release") co_return json::object{{"count", simulator.deliveries.release(fields)}};
    if (what == "deliveries/drop") co_return json::object{{"count", simulator.deliveries.drop_held()}};
    if (what == "deliveries/retry")
        co_return json::object{{"count", simulator.deliveries.retry_now(text_of(fields, "event"), text_of(fields, "endpoint"))}};
    if (what == "deliveries/redeliver") {
        auto* event = simulator.find("event", text_of(fields, "event"));
        if (!event) throw invalid("there is no event '" + text_of(fields, "event") + "'");
        co_return json::object{{"count", simulator.deliveries.redeliver(*event, fields)}};
    }
    if (what == "deliveries/forge") co_return co_await simulator.deliveries.forge(world_of(simulator, fields), fields);
    if (what == "deliveries/drain") {
        auto const limit = fields.contains("timeout_ms") ? static_cast<std::size_t>(number_of(fields, "timeout_ms")) : drain_ms;
        bool const is_empty = co_await simulator.deliveries.drain(limit);
        co_return json::object{{"drained", is_empty}};
    }
    if (what == "clock") co_return move_clock(simulator, fields);
    if (what == "settings") co_return set(world_of(simulator, fields).settings, fields);
    if (what == "keys") co_return change_keys(simulator, fields);
    if (what == "batch") {
        json::array made;
        for (auto const& one : fields.at("acts").as_array()) {
            check_act(one.as_object());
            made.push_back(act(simulator, text_of(one.as_object(), "on"), one.as_object()));
        }
        co_return json::object{{"made", std::move(made)}};
    }
    if (what == "many") co_return make_many(world_of(simulator, fields), fields);
    if (what == "portal_default") {
        auto params = fields;
        params.erase("account");
        params.erase("mode");
        co_return save_default_configuration(world_of(simulator, fields), params).body;
    }
    if (what == "reset") {
        simulator.reset();
        co_return json::object();
    }
    co_return act(simulator, what, fields);
}

} // namespace

asio::awaitable<After> answer_control(Simulator& simulator, Request request, std::shared_ptr<Connection> connection)
{
    simulator.clock.catch_up();
    auto const what = request.path.substr(6); // After /_sim/.
    int status = 200;
    json::object made;
    try {
        if (request.method == "GET")
            made = read(simulator, what, read_form(request.query));
        else if (request.method == "DELETE" && what == "calls")
            simulator.calls.clear();
        else if (request.method == "POST")
            made = co_await write(simulator, what, request.body.empty() ? json::value(json::object()) : json::parse(request.body));
        else
            throw invalid("write GET or POST");
    } catch (StripeError const& error) {
        status = 400;
        made = {{"error", error.message}};
    } catch (std::exception const& failure) {
        status = 400;
        made = {{"error", failure.what()}};
    }
    bool const sent = co_await answer(*connection, status, "application/json", json::serialize(made));
    co_return sent ? After::keep : After::close;
}

} // namespace pollux::sims::stripe
