// Tells workers, in this process and in others, that a reply may be waiting for one of them. It may be lost: every worker also looks by
// itself every 2 s.
#pragma once

#include <functional>

namespace pollux::bus {

class JobWakeUp {
public:
    virtual ~JobWakeUp() = default;

    // From any thread, never waits: so many jobs became ready that the caller does not claim itself.
    virtual void announce(int jobs) = 0;

    // The one worker of this process. `wake` says that there may be a job. `has_hands` is asked where a wake-up that one takes is one that
    // others miss. Both are called from any thread, not after stop().
    virtual void listen(std::function<bool()> has_hands, std::function<void()> wake) = 0;

    virtual void stop() = 0; // Blocks for a moment, never on an I/O thread.
};

} // namespace pollux::bus
