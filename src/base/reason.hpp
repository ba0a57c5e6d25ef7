// What an exception says, for the log and for operators. Boost's what() also tells its category and number, and, of what was thrown in a
// library that was compiled elsewhere, the place in its source (cmake/compiler.cmake keeps that out of what is compiled here).
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
