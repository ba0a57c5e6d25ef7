#include "chat/replies/kept_calls.hpp"

#include "base/json.hpp"
#include "base/json_types.hpp"
#include "base/lenient_json.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <boost/json.hpp>

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::int64_t not_before_us_max = std::int64_t(1) << 56; // No sum of it with a wait overflows.

CallOutcome outcome_of(ai::Failed const& failed)
{
    bool const is_for_good = failed.kind == ai::Failed::Kind::permanent;
    switch (failed.reason) {
    case ai::Failed::Reason::without_text: return CallOutcome::without_text;
    case ai::Failed::Reason::too_large: return CallOutcome::too_large;
    case ai::Failed::Reason::rate_limited: return is_for_good ? CallOutcome::refused : CallOutcome::rate_limited;
    case ai::Failed::Reason::unanswered: break;
    }
    return is_for_good ? CallOutcome::refused : CallOutcome::unavailable;
}

// The objects of a list, as they stand there.
std::vector<std::string_view> objects_of(std::string_view list)
{
    std::vector<std::string_view> objects;
    std::size_t begin = 0;
    int depth = 0;
    bool is_text = false;
    for (std::size_t at = 0; at < list.size(); ++at) {
        char const c = list[at];
        if (is_text) {
            if (c == '\\') ++at;
            if (c == '"') is_text = false;
        } else if (c == '"') {
            is_text = true;
        } else if (c == '{' && depth++ == 0) {
            begin = at;
        } else if (c == '}' && depth > 0 && --depth == 0) {
            objects.push_back(list.substr(begin, at + 1 - begin));
        }
    }
    return objects;
}

} // namespace

std::optional<CallOutcome> outcome_of(std::optional<std::variant<ai::Finished, ai::Continues, ai::Failed>> const& end, StopReason stop)
{
    if (end) {
        if (auto const* finished = std::get_if<ai::Finished>(&*end))
            return finished->reason == ai::FinishReason::blocked ? CallOutcome::blocked : CallOutcome::completed;
        if (std::holds_alternative<ai::Continues>(*end)) return CallOutcome::continues;
        auto const& failed = std::get<ai::Failed>(*end);
        if (failed.kind == ai::Failed::Kind::not_called) return std::nullopt;
        return outcome_of(failed);
    }
    switch (stop) {
    case StopReason::by_user: return CallOutcome::stopped;
    case StopReason::time_over: return CallOutcome::timed_out;
    case StopReason::hand_back: return CallOutcome::interrupted;
    case StopReason::none:
    case StopReason::dropped: break;
    }
    return std::nullopt;
}

std::string with_call(std::string_view kept, KeptCall const& call)
{
    auto const earlier = objects_of(kept);
    std::string list = "[";
    for (auto index = earlier.size() - std::min(earlier.size(), calls_kept_max - 1); index < earlier.size(); ++index)
        list.append(earlier[index]).append(",");
    return list.append(to_json(call)).append("]");
}

bool PastCall::is_failure() const
{
    if (!outcome) return true;
    switch (*outcome) {
    case CallOutcome::rate_limited:
    case CallOutcome::unavailable:
    case CallOutcome::refused:
    case CallOutcome::without_text:
    case CallOutcome::too_large: return true;
    case CallOutcome::completed:
    case CallOutcome::blocked:
    case CallOutcome::continues:
    case CallOutcome::stopped:
    case CallOutcome::timed_out:
    case CallOutcome::interrupted: return false;
    }
    return true;
}

bool PastCall::is_refusal() const
{
    return outcome == CallOutcome::refused || outcome == CallOutcome::without_text || outcome == CallOutcome::too_large;
}

std::vector<PastCall> past_calls(std::string_view kept)
{
    std::vector<PastCall> calls;
    boost::system::error_code failed;
    auto const parsed = boost::json::parse(kept, failed);
    auto const* list = failed ? nullptr : parsed.if_array();
    if (!list) return calls;
    for (auto const& value : *list) {
        auto const* object = value.if_object();
        if (!object) continue;
        PastCall call{std::string(text_at(*object, "model")), std::nullopt};
        CallOutcome outcome{};
        std::string const word(text_at(*object, "outcome"));
        if (boost::describe::enum_from_string(word.c_str(), outcome)) call.outcome = outcome;
        auto const* has_text = object->if_contains("has_text");
        call.has_text = has_text && has_text->is_bool() && has_text->get_bool();
        call.not_before = time_of(std::clamp<std::int64_t>(number_at(*object, "not_before_us", 0), 0, not_before_us_max));
        calls.push_back(std::move(call));
    }
    return calls;
}

} // namespace pollux::chat
