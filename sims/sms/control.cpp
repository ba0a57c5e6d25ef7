#include "sms/control.hpp"

#include "control_words.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <stdexcept>

namespace pollux::sims::sms {

namespace {

constexpr std::size_t drain_ms = 60'000;

constexpr ControlWords reads[] = {
    {"calls", "after"}, {"health", ""}, {"numbers", ""}, {"report_plan", ""}, {"reports", "state text_id"}, {"texts", "after to vendor"},
};

constexpr ControlWords deletes[] = {{"calls", ""}, {"texts", ""}};

constexpr ControlWords writes[] = {
    {"drain", "timeout_ms"},
    {"numbers", "at_once error_code number outcome refuse remove"},
    {"plan", "default matching next reset"},
    {"report_plan", "copies delay_ms deliver_to lost mode parallel queue_ms retries retry_ms seed shared_key step_ms timeout_ms"},
    {"reports/drop", ""},
    {"reports/forge", "fields signature signed_url token url"},
    {"reports/release", "copies delay_ms order parallel"},
    {"reset", ""},
};

json::object query_of(Request const& request)
{
    json::object query;
    for (auto const& [name, value] : read_form_fields(request.query)) query[name] = value;
    return query;
}

json::object read(Simulator& simulator, std::string_view what, json::object const& query)
{
    check_control(reads, what, query);
    auto const after = std::atoll(text_of(query, "after").c_str());
    if (what == "calls") return simulator.calls.describe(after, &describe_call);
    if (what == "texts") return simulator.texts.describe(after, text_of(query, "to"), text_of(query, "vendor"));
    if (what == "reports") return simulator.reports.describe(text_of(query, "state"), text_of(query, "text_id"));
    if (what == "report_plan") return simulator.reports.plan().describe();
    if (what == "numbers") return simulator.numbers.describe();
    return {{"status", "ok"}};
}

asio::awaitable<json::object> write(Simulator& simulator, std::string_view what, json::value how)
{
    if (what == "plan") {
        simulator.plans.load(how);
        co_return json::object();
    }
    auto const& fields = how.as_object();
    check_control(writes, what, fields);
    if (what == "report_plan") {
        simulator.reports.set_plan(fields);
        co_return simulator.reports.plan().describe();
    }
    if (what == "reports/release") co_return json::object{{"count", simulator.reports.release(fields)}};
    if (what == "reports/drop") co_return json::object{{"count", simulator.reports.drop_held()}};
    if (what == "reports/forge") co_return co_await simulator.reports.forge(fields);
    if (what == "drain") {
        auto const limit = fields.contains("timeout_ms") ? static_cast<std::size_t>(number_of(fields, "timeout_ms")) : drain_ms;
        bool const is_empty = co_await simulator.drain(limit);
        co_return json::object{{"drained", is_empty}};
    }
    if (what == "numbers") {
        simulator.numbers.set(fields);
        co_return simulator.numbers.describe();
    }
    simulator.reset();
    co_return json::object();
}

json::object remove(Simulator& simulator, std::string_view what)
{
    check_control(deletes, what, {});
    if (what == "calls") simulator.calls.clear();
    if (what == "texts") simulator.texts.clear();
    return {};
}

} // namespace

asio::awaitable<After> answer_control(Simulator& simulator, Request request, std::shared_ptr<Connection> connection)
{
    auto const what = request.path.substr(6); // After /_sim/.
    int status = 200;
    json::object made;
    try {
        if (request.method == "GET")
            made = read(simulator, what, query_of(request));
        else if (request.method == "DELETE")
            made = remove(simulator, what);
        else if (request.method == "POST")
            made = co_await write(simulator, what, request.body.empty() ? json::value(json::object()) : json::parse(request.body));
        else
            throw std::invalid_argument("write GET, POST or DELETE");
    } catch (std::exception const& failure) {
        status = 400;
        made = {{"error", failure.what()}};
    }
    bool const sent = co_await answer(*connection, status, "application/json", json::serialize(made));
    co_return sent ? After::keep : After::close;
}

} // namespace pollux::sims::sms
