// Which models can think. One that cannot refuses the question for thoughts as a wrong argument, in the words it has for any other wrong
// argument. So the request that was refused is sent once more without the question: if that is answered, the model cannot think, and is
// not asked again while the process runs; if it is refused too, something else was wrong with it, and nothing changes for others. Safe
// from any thread.
#pragma once

#include "ai/gemini/gemini_request.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace pollux::ai {

class ThoughtSupport {
public:
    // What a call of this model should do. `request_id` is the same in all calls for one reply.
    Thoughts choose(std::string_view model, std::string const& request_id);

    void answered(std::string_view model, std::string const& request_id, Thoughts asked);

    // A wrong argument. True: the same request without the question may be answered.
    bool refused(std::string_view model, std::string const& request_id, Thoughts asked);

private:
    struct State {
        bool is_unable = false;
        std::set<std::string> refused; // Requests to be sent once more without the question.
    };
    // Of a model: requests that are never sent again, because their process was to stop or their user has stopped them. Forgetting one
    // costs one more refusal.
    static constexpr std::size_t refused_max = 1'000;

    State& state_of(std::string_view model); // Under the mutex.

    std::mutex mutex_;
    std::map<std::string, State, std::less<>> states_; // Of the models in the settings: a handful.
};

} // namespace pollux::ai
