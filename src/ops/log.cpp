#include "ops/log.hpp"

#include "base/clock.hpp"
#include "ops/log_line.hpp"
#include "ops/log_writer.hpp"

#include <atomic>
#include <cstdlib>
#include <unistd.h>

namespace pollux::ops {
namespace {

// Never destroyed, so that whatever ends late can still log; at exit it stops buffering.
struct Log {
    std::atomic<Level> least = Level::info;
    std::atomic<LogFormat> format = LogFormat::text;
    LogWriter writer;

    Log()
        : writer(STDERR_FILENO, ::isatty(STDERR_FILENO) ? Pace::at_once : Pace::buffered,
                 [this](std::uint64_t lines) { return loss(lines); })
    {
        std::atexit([] { the().writer.stop(); });
    }

    static Log& the()
    {
        static Log& log = *new Log;
        return log;
    }

    std::string loss(std::uint64_t lines) const
    {
        std::string line;
        Field const fields[] = {{"lines", static_cast<std::int64_t>(lines)}};
        append_log_line(line, format, Clock().now(), Level::warning, "log_lines_dropped", fields);
        return line;
    }
};

} // namespace

void configure_log(Level least, LogFormat format)
{
    Log& log = Log::the();
    log.least = least;
    log.format = format;
}

bool logs(Level level)
{
    return level >= Log::the().least.load(std::memory_order_relaxed);
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields)
{
    Log& log = Log::the();
    if (level < log.least.load(std::memory_order_relaxed)) return;
    thread_local std::string line;
    line.clear();
    append_log_line(line, log.format.load(std::memory_order_relaxed), Clock().now(), level, event, fields);
    log.writer.take(line);
    if (level == Level::error) log.writer.write_soon();
}

void flush_log()
{
    Log::the().writer.write_out();
}

} // namespace pollux::ops
