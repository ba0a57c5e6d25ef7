// The one way in which an accident that nobody can answer ends the process: it is logged first, with what is buffered, then the process
// aborts, so that a supervisor starts it again and a core can be looked at.
#pragma once

#include <exception>

namespace pollux::ops {

// From then on std::terminate() says in the log what was thrown. Once, at the start of a process.
void log_before_terminate();

// For tasks that catch what may happen, as TaskGroup's `on_failure` and as co_spawn's completion: whatever leaves them all the same is a
// bug, and the process cannot go on without the task.
inline void must_not_fail(std::exception_ptr failure) noexcept
{
    if (failure) std::rethrow_exception(failure);
}

} // namespace pollux::ops
