// What an exception says, for the log and for operators. Boost's what() also tells where in a library's source it was thrown, which
// means nothing to them and differs from build to build.
#pragma once

#include <boost/system/system_error.hpp>

#include <exception>
#include <string>

namespace pollux {

inline std::string reason_of(std::exception const& failure)
{
    auto const* system = dynamic_cast<boost::system::system_error const*>(&failure);
    return system == nullptr ? failure.what() : system->code().message();
}

} // namespace pollux
