// The data of the notice session_ended.
#pragma once

#include "base/ids.hpp"
#include "base/json.hpp"

namespace pollux::bus {

struct SessionEnded {
    SessionId session;
};
POLLUX_DESCRIBE(SessionEnded, (session))

} // namespace pollux::bus
