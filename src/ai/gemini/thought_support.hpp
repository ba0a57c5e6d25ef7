// Which models can think. One that cannot refuses the question for thoughts as a wrong argument, in the words it has for any other wrong
// argument. So a request that was refused is sent once more without the question, in the same call: if that is answered, the model cannot
// think, and is not asked again while the process runs; if it is refused too, something else was wrong with it. Safe from any thread.
#pragma once

#include "ai/gemini/gemini_request.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace pollux::ai {

class ThoughtSupport {
public:
    // What a call of this model should do.
    Thoughts choose(std::string_view model) const;

    // It answered what it had refused with the question.
    void cannot_think(std::string_view model);

private:
    mutable std::mutex mutex_;
    std::set<std::string, std::less<>> unable_; // Of the models in the settings: a handful.
};

} // namespace pollux::ai
