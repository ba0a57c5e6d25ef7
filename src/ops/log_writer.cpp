#include "ops/log_writer.hpp"

#include "base/literals.hpp"

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>

namespace pollux::ops {
namespace {

constexpr std::chrono::milliseconds flush_every{200};
constexpr std::size_t soon_bytes = 64_KiB;
constexpr std::size_t pending_bytes_max = 8_MiB;

void write_all(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        ssize_t const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) { // Somebody who shares the pipe made it so that writes do not wait.
            pollfd waiting{descriptor, POLLOUT, 0};
            ::poll(&waiting, 1, -1);
            continue;
        }
        if (written <= 0) return; // Nobody reads the log any more: there is nowhere to say so.
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace

LogWriter::LogWriter(int descriptor, Pace pace, std::function<std::string(std::uint64_t)> describe_loss)
    : descriptor_(descriptor), describe_loss_(std::move(describe_loss)), pace_(pace)
{
    if (pace == Pace::buffered) thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter()
{
    stop();
}

void LogWriter::take(std::string_view line)
{
    std::unique_lock lock(mutex_);
    if (pending_.size() + line.size() > pending_bytes_max) {
        ++dropped_;
        return;
    }
    bool const was_little = pending_.size() < soon_bytes;
    pending_.append(line).push_back('\n');
    if (pace_ == Pace::at_once) {
        lock.unlock();
        return write_out();
    }
    if (was_little && pending_.size() >= soon_bytes) {
        is_wanted_ = true;
        wake_.notify_one();
    }
}

void LogWriter::write_out()
{
    std::scoped_lock const one_writer(writing_);
    std::string lines;
    std::uint64_t lost = 0;
    {
        std::scoped_lock const lock(mutex_);
        lines.swap(pending_);
        std::swap(lost, dropped_);
    }
    if (lost > 0) lines.append(describe_loss_(lost)).push_back('\n');
    write_all(descriptor_, lines);
}

void LogWriter::write_soon()
{
    std::scoped_lock const lock(mutex_);
    is_wanted_ = true;
    wake_.notify_one();
}

void LogWriter::stop()
{
    {
        std::scoped_lock const lock(mutex_);
        is_stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
    {
        std::scoped_lock const lock(mutex_);
        pace_ = Pace::at_once;
    }
    write_out();
}

void LogWriter::run()
{
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, flush_every, [this] { return is_wanted_ || is_stopping_; });
            if (is_stopping_) return;
            is_wanted_ = false;
            if (pending_.empty() && dropped_ == 0) continue;
        }
        write_out();
    }
}

} // namespace pollux::ops
