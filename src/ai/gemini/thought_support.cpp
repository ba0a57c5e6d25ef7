#include "ai/gemini/thought_support.hpp"

namespace pollux::ai {

ThoughtSupport::State& ThoughtSupport::state_of(std::string_view model)
{
    auto found = states_.find(model);
    if (found == states_.end()) {
        auto const first = thoughts_for(model) == Thoughts::ask ? State::unknown : State::unable;
        found = states_.emplace(model, first).first;
    }
    return found->second;
}

Thoughts ThoughtSupport::choose(std::string_view model)
{
    std::scoped_lock lock(mutex_);
    auto const state = state_of(model);
    return state == State::unknown || state == State::able ? Thoughts::ask : Thoughts::leave;
}

void ThoughtSupport::answered(std::string_view model, Thoughts asked)
{
    std::scoped_lock lock(mutex_);
    auto& state = state_of(model);
    if (asked == Thoughts::ask) {
        state = State::able;
    } else if (state == State::doubted) {
        state = State::unable;
    }
}

bool ThoughtSupport::refused(std::string_view model, Thoughts asked)
{
    std::scoped_lock lock(mutex_);
    auto& state = state_of(model);
    if (asked == Thoughts::leave) {
        if (state == State::doubted) state = State::unknown; // It was refused for something else.
        return false;
    }
    if (state == State::able) return false;
    state = State::doubted;
    return true;
}

} // namespace pollux::ai
