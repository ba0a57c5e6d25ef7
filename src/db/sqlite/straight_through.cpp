#include "db/sqlite/straight_through.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace pollux::db::sqlite {
namespace {

thread_local bool inside_of_unit = false;

} // namespace

void run_straight_through(asio::io_context& loop, asio::awaitable<void> body)
{
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(body), [&ended, &failure](std::exception_ptr thrown) {
        ended = true;
        failure = std::move(thrown);
    });

    inside_of_unit = true;
    loop.restart();
    loop.poll();
    inside_of_unit = false;

    if (!ended) {
        std::fputs("pollux: a unit of work awaited something other than its transaction; see src/db/README.md\n", stderr);
        std::abort();
    }
    if (failure) std::rethrow_exception(failure);
}

void refuse_inside_of_unit()
{
    if (inside_of_unit) throw std::logic_error("inside a unit of work only its transaction may be used, not the database");
}

} // namespace pollux::db::sqlite
