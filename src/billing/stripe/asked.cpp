#include "billing/stripe/asked.hpp"

#include "base/lenient_json.hpp"
#include "ops/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <optional>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

json::value const* element_at(json::array const& array, std::string_view number)
{
    std::size_t index = 0;
    auto const [end, failed] = std::from_chars(number.data(), number.data() + number.size(), index);
    bool const is_number = failed == std::errc() && end == number.data() + number.size();
    return is_number && index < array.size() ? &array[index] : nullptr;
}

json::value const* part_of(json::value const& whole, std::string_view name)
{
    if (auto const* object = whole.if_object()) return object->if_contains(name);
    auto const* array = whole.if_array();
    return array ? element_at(*array, name) : nullptr;
}

// Null where nothing is there.
json::value const* value_at(json::object const& object, std::string_view path)
{
    auto dot = path.find('.');
    auto const* value = object.if_contains(path.substr(0, dot));
    while (value && dot != std::string_view::npos) {
        path.remove_prefix(dot + 1);
        dot = path.find('.');
        value = part_of(*value, path.substr(0, dot));
    }
    return value && !value->is_null() ? value : nullptr;
}

// An id, whether the object stands there whole or not.
std::string text_of(json::value const& value)
{
    if (auto const* object = value.if_object()) return std::string(text_at(*object, "id"));
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

std::string contradiction(Expected const& expected, std::string const& said)
{
    return std::string(expected.first) + " is \"" + said + "\", not \"" + expected.second + "\"";
}

// In which point it is about something else; nullopt: in none.
std::optional<std::string> is_other(json::object const& object, Mode mode, Asked const& asked)
{
    auto const kind = text_at(object, "object");
    if (!kind.empty() && kind != asked.kind) return contradiction({"object", std::string(asked.kind)}, std::string(kind));
    auto const* livemode = object.if_contains("livemode");
    bool const is_live = mode == Mode::live;
    if (livemode && livemode->is_bool() && livemode->get_bool() != is_live)
        return contradiction({"livemode", is_live ? "true" : "false"}, is_live ? "false" : "true");
    for (auto const& expected : asked.is) {
        auto const* value = value_at(object, expected.first);
        auto const said = value ? text_of(*value) : std::string();
        if (said != expected.second) return contradiction(expected, said);
    }
    for (auto const& expected : asked.if_there) {
        auto const* value = value_at(object, expected.first);
        if (value && text_of(*value) != expected.second) return contradiction(expected, text_of(*value));
    }
    return std::nullopt;
}

std::optional<std::string> is_other_answer(json::object const& body, Mode mode, Asked const& asked)
{
    if (!asked.is_list) return is_other(body, mode, asked);
    auto const* elements = array_at(body, "data");
    if (!elements) return contradiction({"object", "list"}, std::string(text_at(body, "object")));
    for (auto const& element : *elements) {
        auto const* object = element.if_object();
        if (auto const why = object ? is_other(*object, mode, asked) : std::nullopt) return why;
    }
    return std::nullopt;
}

} // namespace

Answer believed(Call const& call, Mode mode, Asked const& asked, Answer answer)
{
    if (answer.outcome != Outcome::done) return answer;
    auto const why = is_other_answer(answer.body, mode, asked);
    if (!why) return answer;
    auto const what = call.method + " " + call.path;
    ops::log(ops::Level::error, "stripe_answer_not_believed", {{"call", what}, {"why", *why}, {"request_id", answer.request_id}});
    answer.outcome = Outcome::unknown;
    answer.detail = "the answer to " + what + " is about something else: " + *why;
    answer.body.clear();
    return answer;
}

asio::awaitable<Answer> ask(Api const& api, Call call, Asked asked)
{
    auto answer = co_await api.call(call);
    co_return believed(call, api.mode(), asked, std::move(answer));
}

} // namespace pollux::billing::stripe
