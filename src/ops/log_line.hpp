// One event as one line of JSON or text, without the newline. Whatever the values hold, the line stays one line and cannot steer a
// terminal: control characters, line separators and bidirectional overrides are escaped, broken UTF-8 becomes U+FFFD.
#pragma once

#include "base/clock.hpp"
#include "ops/log.hpp"

#include <span>
#include <string>

namespace pollux::ops {

std::string_view name_of(Level level); // "info"

void append_log_line(std::string& out, LogFormat format, Time now, Level level, std::string_view event, std::span<Field const> fields);

} // namespace pollux::ops
