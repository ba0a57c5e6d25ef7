// Nobody sits before a silent terminal: while it lives, whatever takes longer than a second is told, once.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>

namespace pollux::cli {

namespace asio = boost::asio;

class WaitingLine {
public:
    // `line` goes to `tell` after a second, unless this has ended by then.
    WaitingLine(asio::any_io_executor const& executor, std::function<void(std::string const&)> tell, std::string line);

    // What is waited for is another thing now. It is told a second after the last one began, at once if that has passed.
    void is_now(std::string line);

private:
    void arm(std::string line);

    asio::steady_timer timer_; // Its end cancels it.
    std::function<void(std::string const&)> tell_;
    std::string line_;
};

} // namespace pollux::cli
