// A spdlog sink that takes a line at the cost of a copy and writes many of them with one call, from a thread of its own: each 200 ms,
// or when there is much, or when somebody asks. A reader of the log that stands still never stops the server: over 8 MiB unwritten,
// lines are dropped, counted, and the count is written as a line.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace pollux::ops {

enum class Pace { buffered, at_once }; // at_once: every line is written before log() returns, for people who watch.

class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    // `describe_loss` makes the line that says how many were dropped.
    BufferedSink(int descriptor, Pace pace, std::function<std::string(std::uint64_t)> describe_loss);
    ~BufferedSink() override;

    void write_out();  // Writes all that was taken before the call. May wait for the log's reader.
    void write_soon(); // Tells the thread to.
    void stop();       // Ends the thread; later lines are written at once.

protected:
    void sink_it_(spdlog::details::log_msg const& message) override;
    void flush_() override {} // Called under base_sink's mutex, where nothing may wait for the log's reader.

private:
    void run();

    int descriptor_;
    std::function<std::string(std::uint64_t)> describe_loss_;
    std::mutex writing_; // One writer at a time; taken before base_sink's mutex_, which guards what follows.
    Pace pace_;
    std::string pending_;
    std::uint64_t dropped_ = 0;
    bool is_wanted_ = false;
    bool is_stopping_ = false;
    std::condition_variable wake_;
    std::thread thread_;
};

} // namespace pollux::ops
