// Runs coroutines to their ends on a private io_context, on the calling thread. It must outlive every database that it writes to.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace pollux::test {

namespace asio = boost::asio;

class TestLoop {
public:
    asio::any_io_executor executor() { return context_.get_executor(); }
    asio::io_context& context() { return context_; }

    // The result of `work`, or its exception. Throws std::logic_error when nothing is left that could ever end it.
    template <class T>
    T run(asio::awaitable<T> work)
    {
        std::optional<T> result;
        run(keep(std::move(work), result));
        return std::move(*result);
    }

    void run(asio::awaitable<void> work)
    {
        std::exception_ptr failure;
        bool ended = false;
        asio::co_spawn(context_, std::move(work), [&](std::exception_ptr thrown) {
            failure = std::move(thrown);
            ended = true;
        });
        run_until(ended);
        if (failure) std::rethrow_exception(failure);
    }

    // All at once; returns when the last one has ended. Throws the first exception of the list then.
    void run_all(std::vector<asio::awaitable<void>> works)
    {
        std::vector<std::exception_ptr> failures(works.size());
        std::size_t running = works.size();
        bool ended = works.empty();
        for (std::size_t index = 0; index < works.size(); ++index) {
            asio::co_spawn(context_, std::move(works[index]), [&, index](std::exception_ptr thrown) {
                failures[index] = std::move(thrown);
                ended = --running == 0;
            });
        }
        run_until(ended);
        for (auto const& failure : failures) {
            if (failure) std::rethrow_exception(failure);
        }
    }

private:
    // co_spawn would ask for a T() to go with an exception; not every T has one.
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result)
    {
        result.emplace(co_await std::move(work));
    }

    void run_until(bool const& ended)
    {
        context_.restart();
        while (!ended) {
            if (context_.run_one() == 0) throw std::logic_error("the coroutine waits for something that will never come");
        }
    }

    asio::io_context context_{1};
};

} // namespace pollux::test
