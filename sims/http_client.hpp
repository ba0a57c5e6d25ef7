// One POST over plain HTTP, on a connection of its own: what deliveries need.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace pollux::sims {

struct Posted {
    int status = 0; // 0: no answer.
    std::string body;
    std::string error; // Why there was none.
};

boost::asio::awaitable<Posted> post(std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string body,
                                    std::chrono::milliseconds limit);

} // namespace pollux::sims
