// Which models can think. One that cannot refuses the question for thoughts as a wrong argument, in the words it has for any other wrong
// argument. So a refusal makes a model doubted, no more: what the next call meets, without the question, decides. A model that was asked
// and answered once is not doubted again, so nobody's wrong message takes the thoughts from others. Safe from any thread.
#pragma once

#include "ai/gemini/gemini_request.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pollux::ai {

class ThoughtSupport {
public:
    // What the next call of this model should do.
    Thoughts choose(std::string_view model);

    void answered(std::string_view model, Thoughts asked);

    // A wrong argument. True: the same request without the question may succeed.
    bool refused(std::string_view model, Thoughts asked);

private:
    enum class State { unknown, able, doubted, unable };

    State& state_of(std::string_view model); // Under the mutex.

    std::mutex mutex_;
    std::map<std::string, State, std::less<>> states_; // Of the models in the settings: a handful.
};

} // namespace pollux::ai
