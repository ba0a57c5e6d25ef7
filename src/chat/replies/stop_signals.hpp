// What a process tells those that write replies: to stop one, to drop one, to drop all of a user. A signal that is lost delays the end to
// the next renewal of the lease: the wish, or that the job is gone, stands in the database by then.
#pragma once

#include "base/ids.hpp"
#include "bus/signals.hpp"

namespace pollux::chat {

class RunningReplies;

void signal_stop(bus::Signals& signals, MessageId reply); // By its user: it keeps its text.
void signal_drop(bus::Signals& signals, MessageId reply); // Its room is gone.
void signal_drop_user(bus::Signals& signals, UserId user);

// Carries out what others signal, until the subscription ends. `running` outlives it.
[[nodiscard]] std::unique_ptr<bus::Signals::Subscription> obey_stops(bus::Signals& signals, RunningReplies& running);

} // namespace pollux::chat
