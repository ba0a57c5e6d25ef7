#include "cli/chat/waiting_line.hpp"

namespace pollux::cli {
namespace {

constexpr std::chrono::seconds silence_max{1};

} // namespace

WaitingLine::WaitingLine(asio::any_io_executor const& executor, std::function<void(std::string const&)> tell, std::string line)
    : timer_(executor, silence_max), tell_(std::move(tell))
{
    arm(std::move(line));
}

void WaitingLine::is_now(std::string line)
{
    if (line == line_) return;
    timer_.expires_at(timer_.expiry()); // The wait that was to show the other line does not.
    arm(std::move(line));
}

void WaitingLine::arm(std::string line)
{
    line_ = std::move(line);
    timer_.async_wait([tell = tell_, told = line_](boost::system::error_code cancelled) {
        if (!cancelled) tell(told);
    });
}

} // namespace pollux::cli
