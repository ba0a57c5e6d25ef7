#include "base/error.hpp"

#include <stdexcept>

namespace pollux {

void throw_exception_from_error(Error const& error, boost::source_location const&)
{
    throw std::logic_error("an error was taken for a value: " + error.code());
}

Error malformed(std::string code, std::string message)
{
    return {ErrorKind::malformed, std::move(code), std::move(message)};
}

Error invalid(std::string_view field, std::string_view code, std::string_view detail)
{
    return Error(ErrorKind::invalid, "invalid_input", "The request is readable, but something in it is wrong; see errors.")
        .with_field({std::string(field), std::string(code), std::string(detail)});
}

Error not_found(std::string_view what)
{
    return {ErrorKind::not_found, std::string(what) + "_not_found", "There is no such " + std::string(what) + " among yours."};
}

Error forbidden(std::string code, std::string message)
{
    return {ErrorKind::forbidden, std::move(code), std::move(message)};
}

Error conflict(std::string code, std::string message)
{
    return {ErrorKind::conflict, std::move(code), std::move(message)};
}

Error unauthenticated(std::string code, std::string message)
{
    return {ErrorKind::unauthenticated, std::move(code), std::move(message)};
}

Error rate_limited(std::string code, std::string message, std::chrono::seconds retry_after)
{
    return Error(ErrorKind::rate_limited, std::move(code), std::move(message)).with_retry_after(retry_after);
}

Error unavailable(std::string code, std::string message, std::chrono::seconds retry_after)
{
    return Error(ErrorKind::unavailable, std::move(code), std::move(message)).with_retry_after(retry_after);
}

} // namespace pollux
