// An accident that will pass: what is needed to answer is gone for now. The end of a request answers 503, or 507 for want of space; the
// end of a job tries again. Unless it says otherwise, nothing of what was asked has happened.
#pragma once

#include <stdexcept>
#include <string>

namespace pollux {

enum class Lack {
    service, // Gone, broken, busy, closed.
    space,   // Full: nothing more can be kept, while what is there can be read.
    turn,    // Somebody else held for too long what had to be locked.
    outcome  // The answer to COMMIT: what was asked has happened, or it has not.
};

class UnavailableError : public std::runtime_error {
public:
    explicit UnavailableError(std::string const& message, Lack lack = Lack::service) : std::runtime_error(message), lack_(lack) {}

    Lack lack() const { return lack_; }

private:
    Lack lack_;
};

} // namespace pollux
