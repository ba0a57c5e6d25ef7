// The start of a process, written as the list of its steps, each with what undoes it. Whichever step fails, those before it are undone in
// reverse, so that nothing runs on objects that die; and a stop is the same way back.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace pollux::app {

struct Step {
    std::string_view name;
    std::function<void()> start;
    std::function<void()> stop; // Does not throw. Of a step whose start threw, it is not called: a start leaves nothing behind then.
};

class Steps {
public:
    explicit Steps(std::vector<Step> steps) : steps_(std::move(steps)) {}
    ~Steps() { stop(); }

    Steps(Steps const&) = delete;
    Steps& operator=(Steps const&) = delete;

    // All, in their order. When one throws, the others are undone and its exception comes through.
    void start();
    // Those that were started, last one first. May be repeated.
    void stop();

private:
    std::vector<Step> const steps_;
    std::size_t started_ = 0;
};

} // namespace pollux::app
