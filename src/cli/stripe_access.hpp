// Stripe for commands that speak to it themselves, without a server and without a database.
#pragma once

#include "app/blocking.hpp"
#include "billing/stripe/client.hpp"
#include "config/config.hpp"
#include "net/http_client.hpp"

#include <optional>

namespace pollux::cli {

// nullopt: no key is set, or it would travel in clear. One call takes `call_time_max` at most, with its repetitions.
std::optional<billing::stripe::Client> stripe_client(config::Config const& config, std::chrono::milliseconds call_time_max);

// Runs calls of Stripe's on this thread. Throws what `work` throws.
template <class T>
T run_calls(boost::asio::awaitable<T> work)
{
    net::prepare_http_client();
    boost::asio::io_context io(1);
    return app::run_blocking(io, std::move(work));
}

} // namespace pollux::cli
