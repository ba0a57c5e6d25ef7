#include "db/sqlite/file_lock.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

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

// Whose the lock is, as its holder wrote it; only for the message.
std::string holder(int descriptor)
{
    std::array<char, 32> text{};
    auto const length = ::pread(descriptor, text.data(), text.size(), 0);
    return length > 0 ? "process " + std::string(text.data(), static_cast<std::size_t>(length)) : std::string("another process");
}

} // namespace

FileLock::FileLock(std::filesystem::path const& database_file)
{
    std::string const name = database_file.string() + ".lock";
    descriptor_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail("cannot open " + name);

    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        auto const why = errno;
        std::string const who = holder(descriptor_);
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
