// Says that a task of a kind has become due: to the runner of this process and, where there are others, to theirs. Nothing depends on it,
// since every runner also looks by itself.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace pollux::tasks {

class Bell {
public:
    void on_ring(std::function<void(std::string_view kind)> listener) { listeners_.push_back(std::move(listener)); } // Before serving.

    // After COMMIT. From any thread, never waits.
    void ring(std::string_view kind) const
    {
        for (auto const& listener : listeners_) listener(kind);
    }

private:
    std::vector<std::function<void(std::string_view)>> listeners_;
};

} // namespace pollux::tasks
