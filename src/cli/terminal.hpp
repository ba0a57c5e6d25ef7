// The person at the other end: lines from standard input while other work goes on, and questions whose answers must not be seen.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace pollux::cli {

namespace asio = boost::asio;

// Lines of a descriptor, read by a thread of its own (a terminal, a pipe or a file: the last cannot be waited for otherwise). It
// must not be destroyed while its io_context runs.
class LineReader {
public:
    LineReader(asio::any_io_executor const& executor, int descriptor);
    ~LineReader(); // Ends the thread, whatever it waits for.
    LineReader(LineReader const&) = delete;

    // The next line without its end; nothing at the end of the input. On the executor's thread, like all below.
    asio::awaitable<std::optional<std::string>> next();

    // Returns at the next line, the end of the input or poke().
    asio::awaitable<void> changed();
    void poke();

    // As if the person had typed it before all that waits.
    void put_first(std::string line);

    // The line that next() would give, when it is there already.
    std::optional<std::string> peek() const;
    bool is_at_end() const;

private:
    void read_lines();
    void take(std::string line);
    void end();

    asio::steady_timer timer_; // Cancelled when something came.
    int descriptor_;
    int stop_[2];
    mutable std::mutex mutex_;
    std::deque<std::string> lines_;
    bool at_end_ = false;
    std::thread thread_;
};

// Without control characters but line ends and tabs: what others wrote must not steer this terminal.
std::string safe_for_terminal(std::string_view text);

// The beginning of a text on one line.
std::string one_line(std::string_view text, std::size_t characters_max);

// Asks on the terminal itself, without echo where `Echo::off`; nothing when there is no terminal or the input ends.
enum class Echo { off, on };
std::optional<std::string> ask_terminal(std::string const& question, Echo echo);

} // namespace pollux::cli
