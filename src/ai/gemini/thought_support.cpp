#include "ai/gemini/thought_support.hpp"

namespace pollux::ai {

Thoughts ThoughtSupport::choose(std::string_view model) const
{
    std::lock_guard const lock(mutex_);
    return unable_.contains(model) ? Thoughts::leave : thoughts_for(model);
}

void ThoughtSupport::cannot_think(std::string_view model)
{
    std::lock_guard const lock(mutex_);
    unable_.emplace(model);
}

} // namespace pollux::ai
