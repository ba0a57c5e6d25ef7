// Runs a coroutine to its end on an io_context that no thread runs yet: what has to be done before anything is served.
#pragma once

#include "base/required.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace pollux::app {

namespace asio = boost::asio;

template <class T>
T run_blocking(asio::io_context& context, asio::awaitable<T> work)
{
    std::optional<T> result;
    std::exception_ptr failure;
    auto guard = asio::make_work_guard(context);
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T value) {
        failure = error;
        if (!error) result.emplace(std::move(value));
        context.stop();
    });
    context.run();
    guard.reset(); // Before restart(): the end of the last work stops a context.
    context.restart();
    if (failure) std::rethrow_exception(failure);
    return required(std::move(result));
}

} // namespace pollux::app
