#include "db/sqlite/file_lock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pollux::db::sqlite {
namespace {

[[noreturn]] void fail(std::string const& doing)
{
    throw std::system_error(errno, std::generic_category(), doing);
}

// A process that was killed holds its locks until the kernel has taken it down, which on a busy machine takes a while.
constexpr std::chrono::seconds ending_holder_waited_max{5};
constexpr std::chrono::milliseconds look_every{10};

// The process that has the lock, as it wrote it itself. Empty: unknown.
std::string holder(int descriptor)
{
    std::array<char, 32> text{};
    auto const length = ::pread(descriptor, text.data(), text.size(), 0);
    return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

// Whether it is gone, or dead, or about to be: SIGKILL waits for it (proc(5)).
bool is_ending(std::string const& process)
{
    if (process.empty()) return false;
    std::ifstream status("/proc/" + process + "/status");
    if (!status) return true;
    constexpr std::uint64_t kill_bit = std::uint64_t(1) << (SIGKILL - 1);
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("State:") && line.find_first_of("ZX", 6) != std::string::npos) return true;
        bool const is_pending = line.starts_with("SigPnd:") || line.starts_with("ShdPnd:");
        if (is_pending && (std::strtoull(line.c_str() + 7, nullptr, 16) & kill_bit) != 0) return true;
    }
    return false;
}

bool lock(int descriptor)
{
    auto const until = std::chrono::steady_clock::now() + ending_holder_waited_max;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        auto const why = errno;
        bool const is_worth_waiting = why == EWOULDBLOCK && std::chrono::steady_clock::now() < until && is_ending(holder(descriptor));
        errno = why;
        if (!is_worth_waiting) return false;
        std::this_thread::sleep_for(look_every);
    }
    return true;
}

} // namespace

FileLock::FileLock(std::filesystem::path const& database_file)
{
    std::string const name = database_file.string() + ".lock";
    descriptor_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail("cannot open " + name);

    if (!lock(descriptor_)) {
        auto const why = errno;
        std::string const process = holder(descriptor_);
        std::string const who = process.empty() ? "another process" : "process " + process;
        ::close(descriptor_);
        errno = why;
        if (why != EWOULDBLOCK) fail("cannot lock " + name);
        throw DatabaseInUse("the database " + database_file.string() + " is in use by " + who + "; one process at a time may open it");
    }

    std::string const pid = std::to_string(::getpid());
    bool const written = ::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, pid.data(), pid.size(), 0) >= 0;
    static_cast<void>(written); // On a full disk the lock holds all the same; only the message to the next one is poorer.
}

FileLock::~FileLock()
{
    ::close(descriptor_);
}

void prepare_folder(std::filesystem::path const& database_file)
{
    auto const folder = database_file.parent_path();
    if (folder.empty() || std::filesystem::exists(folder)) return;
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

void prepare_file(std::filesystem::path const& database_file)
{
    // SQLite gives the log and the shared memory file the mode of the database.
    int const descriptor = ::open(database_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) fail("cannot open " + database_file.string());
    int const changed = ::fchmod(descriptor, 0600);
    ::close(descriptor);
    if (changed != 0) fail("cannot make " + database_file.string() + " private");
}

} // namespace pollux::db::sqlite
