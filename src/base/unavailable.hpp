// An accident that will pass: what is needed to answer is gone for now. The end of a request answers 503, the end of a job tries again.
#pragma once

#include <stdexcept>

namespace pollux {

class UnavailableError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace pollux
