// Takes a line at the cost of a copy and writes many of them with one call, from a thread of its own: each 200 ms, or when there is much,
// or when somebody asks. Lines stay whole and in their order. A reader of the log that stands still never stops the server: over 8 MiB
// unwritten, lines are dropped, counted, and the count is written as a line.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace pollux::ops {

enum class Pace { buffered, at_once }; // at_once: every line is written before take() returns, for people who watch.

class LogWriter {
public:
    // `describe_loss` makes the line that says how many were dropped.
    LogWriter(int descriptor, Pace pace, std::function<std::string(std::uint64_t)> describe_loss);
    ~LogWriter();

    LogWriter(LogWriter const&) = delete;
    LogWriter& operator=(LogWriter const&) = delete;

    // From any thread. Without the end of the line.
    void take(std::string_view line);

    void write_out();  // Writes all that was taken before the call. May wait for the log's reader.
    void write_soon(); // Tells the thread to.
    void stop();       // Ends the thread; later lines are written at once.

private:
    void run();

    int descriptor_;
    std::function<std::string(std::uint64_t)> describe_loss_;
    std::mutex writing_; // One writer at a time; taken before mutex_.
    std::mutex mutex_;   // Of what follows. Nobody who has it waits for the log's reader.
    Pace pace_;
    std::string pending_;
    std::uint64_t dropped_ = 0;
    bool is_wanted_ = false;
    bool is_stopping_ = false;
    std::condition_variable wake_;
    std::thread thread_;
};

} // namespace pollux::ops
