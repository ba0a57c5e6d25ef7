#include "tasks/task_kinds.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <stdexcept>

namespace pollux::tasks {

std::string_view to_text(Lane lane)
{
    switch (lane) {
    case Lane::sms: return "sms";
    case Lane::stripe: return "stripe";
    case Lane::plans: return "plans";
    case Lane::heavy: return "heavy";
    case Lane::light: return "light";
    }
    throw std::logic_error("an unknown lane");
}

std::size_t hands_of(Lane lane)
{
    switch (lane) {
    case Lane::sms:
    case Lane::stripe: return 4;
    case Lane::plans:
    case Lane::heavy: return 2;
    case Lane::light: return 6;
    }
    throw std::logic_error("an unknown lane");
}

void TaskKinds::add(TaskKind kind)
{
    if (find(kind.name) != nullptr) throw std::logic_error("there are two kinds of tasks called " + kind.name);
    kinds_.push_back(std::move(kind));
}

TaskKind const* TaskKinds::find(std::string_view name) const
{
    auto const found = std::ranges::find_if(kinds_, [name](auto const& kind) { return kind.name == name; });
    return found == kinds_.end() ? nullptr : &*found;
}

std::string TaskKinds::names_json(std::function<bool(TaskKind const&)> const& is_wanted) const
{
    std::string json = "[";
    for (auto const& kind : kinds_) {
        if (!is_wanted(kind)) continue;
        if (json.size() > 1) json += ',';
        append_json_text(json, kind.name);
    }
    return json + "]";
}

} // namespace pollux::tasks
