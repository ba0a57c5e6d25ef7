// The value of an optional that must be there by what came before. Its absence is a bug: an exception, which ends one request or job,
// and not undefined behaviour.
#pragma once

#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>

namespace pollux {

namespace required_detail {

[[noreturn]] inline void throw_missing(std::source_location where)
{
    throw std::logic_error(std::string("a value is missing that must be there, in ") + where.function_name());
}

} // namespace required_detail

template <class T>
T& required(std::optional<T>& value, std::source_location where = std::source_location::current())
{
    if (!value) required_detail::throw_missing(where);
    return *value;
}

template <class T>
T const& required(std::optional<T> const& value, std::source_location where = std::source_location::current())
{
    if (!value) required_detail::throw_missing(where);
    return *value;
}

// Moves it out.
template <class T>
T required(std::optional<T>&& value, std::source_location where = std::source_location::current())
{
    if (!value) required_detail::throw_missing(where);
    return *std::move(value);
}

} // namespace pollux
