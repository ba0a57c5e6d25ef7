// Runs a coroutine from its start to its end without leaving the thread: what a transaction needs, since the connection is everybody's.
// A coroutine that awaits anything but its transaction cannot end that way; it is a bug that would stop all writing, so the process
// says so and aborts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace pollux::db::sqlite {

namespace asio = boost::asio;

// Rethrows what leaves `body`. The loop must be idle and only this thread's.
void run_straight_through(asio::io_context& loop, asio::awaitable<void> body);

// Throws std::logic_error when this thread is inside of run_straight_through(): units must not use the database past their transaction.
void refuse_inside_of_unit();

} // namespace pollux::db::sqlite
