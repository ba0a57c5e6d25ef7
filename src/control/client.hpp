// A command's end of the control socket. Blocks.
#pragma once

#include "control/message.hpp"

#include <stdexcept>

namespace pollux::control {

// Nobody listens: nothing was asked, and it may be tried again.
class NobodyThere : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The server ended before it answered: what was asked may or may not have been done.
class NoAnswer : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The result as JSON, or the server's refusal.
Result<std::string> call(std::filesystem::path const& folder, Request const& request);

} // namespace pollux::control
