// A runtime whose threads run, and a way for a test to wait for what happens on it.
#pragma once

#include "base/clock.hpp"
#include "net/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <future>

namespace pollux::test {

namespace asio = boost::asio;

constexpr std::chrono::seconds patience{30}; // Longer than anything can take on a busy machine.

class RunningRuntime {
public:
    explicit RunningRuntime(std::size_t threads = 2) : runtime(threads) { runtime.start(); }

    template <class T>
    T run(asio::awaitable<T> work, std::size_t thread = 0)
    {
        return start(std::move(work), thread).get();
    }

    template <class T>
    std::future<T> start(asio::awaitable<T> work, std::size_t thread = 0)
    {
        return asio::co_spawn(runtime.executor(thread), std::move(work), asio::use_future);
    }

    net::Runtime runtime;
};

// Looks again and again, until it is so or patience is over.
inline bool comes_true(std::function<bool()> condition)
{
    auto const until = Steady::now() + patience;
    while (Steady::now() < until) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return condition();
}

} // namespace pollux::test
