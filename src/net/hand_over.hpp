// How a coroutine waits for somebody on another thread: it hands over its resumption and sleeps. The holder calls that once, from any
// thread, when what was wanted stands where both know it (the coroutine's frame lives until then); the coroutine goes on by its own
// executor, posted, never called, so that neither side runs inside of the other.
//
//     co_await net::hand_over([this, &call](net::Resumption resume) { push(call, std::move(resume)); });
#pragma once

#include "base/required.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace pollux::net {

namespace asio = boost::asio;

class Resumption {
public:
    using Handler = asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

    explicit Resumption(Handler handler) : handler_(std::move(handler)) {}

    // Once. The frame of the waiter may be gone as soon as this is called.
    void operator()()
    {
        Handler handler = required(std::move(handler_));
        handler_.reset();
        auto executor = handler.get_executor();
        asio::post(executor, std::move(handler));
    }

private:
    std::optional<Handler> handler_; // std::optional: a handler that was moved from has no empty state of its own.
};

// `start` gets the resumption. It may be called before `start` returns. Not to be cancelled.
template <class Start>
asio::awaitable<void> hand_over(Start start)
{
    auto initiate = [start = std::move(start)](auto handler) mutable { start(Resumption(std::move(handler))); };
    return asio::async_initiate<asio::use_awaitable_t<> const, void()>(std::move(initiate), asio::use_awaitable);
}

} // namespace pollux::net
