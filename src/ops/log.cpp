#include "ops/log.hpp"

#include "ops/buffered_sink.hpp"
#include "ops/log_line.hpp"

#include <spdlog/logger.h>

#include <atomic>
#include <cstdlib>
#include <unistd.h>

namespace pollux::ops {
namespace {

spdlog::level::level_enum spdlog_level(Level level)
{
    switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

// Never destroyed, so that whatever ends late can still log; at exit it stops buffering.
struct Log {
    std::atomic<Level> least = Level::info;
    std::atomic<LogFormat> format = LogFormat::text;
    std::shared_ptr<BufferedSink> sink;
    spdlog::logger logger;

    Log() : sink(make_sink()), logger("pollux", sink)
    {
        logger.set_level(spdlog::level::debug);
        std::atexit([] { the().sink->stop(); });
    }

    static Log& the()
    {
        static Log& log = *new Log;
        return log;
    }

    std::shared_ptr<BufferedSink> make_sink()
    {
        auto describe_loss = [this](std::uint64_t lines) {
            std::string line;
            Field const fields[] = {{"lines", static_cast<std::int64_t>(lines)}};
            append_log_line(line, format, Clock().now(), Level::warning, "log_lines_dropped", fields);
            return line;
        };
        Pace pace = ::isatty(STDERR_FILENO) ? Pace::at_once : Pace::buffered;
        return std::make_shared<BufferedSink>(STDERR_FILENO, pace, describe_loss);
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
    log.logger.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
    if (level == Level::error) log.sink->write_soon();
}

void flush_log()
{
    Log::the().sink->write_out();
}

} // namespace pollux::ops
