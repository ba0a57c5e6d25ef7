// What guarding a read or a write with a deadline costs: an entry of the thread's list (src/net/deadlines.hpp), beside a timer of its own
// that is set and, when the answer came in time, cancelled. Prints one line of name=value pairs, in nanoseconds.
#include "net/deadlines.hpp"

#include <cstdio>
#include <memory>
#include <vector>

namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr std::size_t connections = 1'000; // That many deadlines stand at any time.
constexpr std::size_t rounds = 1'000;
constexpr std::chrono::seconds limit{30};

template <class Guard>
double nanoseconds_each(asio::io_context& io, Guard guard)
{
    auto began = Steady::now();
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t connection = 0; connection < connections; ++connection) guard(connection);
        io.poll(); // Handlers of what was cancelled.
    }
    return std::chrono::duration<double, std::nano>(Steady::now() - began).count() / double(rounds * connections);
}

double measure_list()
{
    asio::io_context io(1);
    pollux::net::DeadlineList list(io);
    std::vector<std::unique_ptr<pollux::net::DeadlineList::Entry>> entries;
    for (std::size_t index = 0; index < connections; ++index) {
        entries.push_back(std::make_unique<pollux::net::DeadlineList::Entry>([] {}));
        list.arm(*entries.back(), limit);
    }
    double took = nanoseconds_each(io, [&](std::size_t index) {
        entries[index]->disarm();
        list.arm(*entries[index], limit);
    });
    for (auto& entry : entries) entry->disarm();
    return took;
}

double measure_timers()
{
    asio::io_context io(1);
    std::vector<asio::steady_timer> timers;
    for (std::size_t index = 0; index < connections; ++index) timers.emplace_back(io);
    return nanoseconds_each(io, [&](std::size_t index) {
        timers[index].expires_after(limit); // Cancels the wait before.
        timers[index].async_wait([](boost::system::error_code) {});
    });
}

} // namespace

int main()
{
    measure_list();
    measure_timers();
    std::printf("list_ns=%.1f timer_ns=%.1f\n", measure_list(), measure_timers());
}
