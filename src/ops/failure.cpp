#include "ops/failure.hpp"

#include "base/reason.hpp"
#include "ops/log.hpp"

#include <cstdlib>

namespace pollux::ops {
namespace {

std::string thrown()
{
    auto const failure = std::current_exception();
    if (!failure) return "std::terminate was called";
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& what) {
        return reason_of(what);
    } catch (...) {
        return "something that is no std::exception was thrown";
    }
}

} // namespace

void log_before_terminate()
{
    std::set_terminate([] {
        log(Level::error, "process_failed", {{"reason", thrown()}});
        flush_log();
        std::abort();
    });
}

} // namespace pollux::ops
