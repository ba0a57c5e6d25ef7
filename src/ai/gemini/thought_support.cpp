#include "ai/gemini/thought_support.hpp"

namespace pollux::ai {

ThoughtSupport::State& ThoughtSupport::state_of(std::string_view model)
{
    auto found = states_.find(model);
    if (found == states_.end()) {
        found = states_.emplace(model, State{.is_unable = thoughts_for(model) == Thoughts::leave, .refused = {}}).first;
    }
    return found->second;
}

Thoughts ThoughtSupport::choose(std::string_view model, std::string const& request_id)
{
    std::lock_guard const lock(mutex_);
    auto const& state = state_of(model);
    return state.is_unable || state.refused.contains(request_id) ? Thoughts::leave : Thoughts::ask;
}

void ThoughtSupport::answered(std::string_view model, std::string const& request_id, Thoughts asked)
{
    std::lock_guard const lock(mutex_);
    auto& state = state_of(model);
    bool const was_refused = state.refused.erase(request_id) > 0;
    if (was_refused && asked == Thoughts::leave) state.is_unable = true;
}

bool ThoughtSupport::refused(std::string_view model, std::string const& request_id, Thoughts asked)
{
    std::lock_guard const lock(mutex_);
    auto& state = state_of(model);
    if (asked == Thoughts::leave) {
        state.refused.erase(request_id);
        return false;
    }
    if (state.refused.size() >= refused_max) state.refused.clear();
    state.refused.insert(request_id);
    return true;
}

} // namespace pollux::ai
