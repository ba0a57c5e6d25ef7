#include "app/steps.hpp"

#include "ops/log.hpp"

namespace pollux::app {

void Steps::start()
{
    while (started_ < steps_.size()) {
        auto const& step = steps_[started_];
        try {
            step.start();
        } catch (...) {
            // The reason is for the caller, and one line where nothing had begun.
            if (started_ > 0) ops::log(ops::Level::info, "start_failed", {{"step", step.name}});
            stop();
            throw;
        }
        ++started_;
        ops::log(ops::Level::info, "step_started", {{"step", step.name}});
    }
}

void Steps::stop()
{
    while (started_ > 0) {
        auto const& step = steps_[--started_];
        ops::log(ops::Level::info, "step_stops", {{"step", step.name}});
        step.stop();
    }
}

} // namespace pollux::app
