// The steady clock as a value, so that a test can hold its hands.
#pragma once

#include "base/clock.hpp"

#include <functional>

namespace pollux {

using SteadyNow = std::function<Steady::time_point()>;

inline SteadyNow steady_now()
{
    return [] { return Steady::now(); };
}

} // namespace pollux
