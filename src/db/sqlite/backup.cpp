#include "db/sqlite/backup.hpp"

#include "base/failpoint.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/file_lock.hpp"

#include <sqlite3.h>

#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace pollux::db::sqlite {
namespace {

constexpr int cache_kib = 1024;

// In one step: the copy is of one moment, and a writer does not make it start again.
void copy_pages(std::filesystem::path const& source, std::filesystem::path const& target)
{
    Clock const clock;
    Connection const from(source, Role::reader, cache_kib, clock);
    Connection const to(target, Role::copy, cache_kib, clock);
    sqlite3_backup* copy = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (copy == nullptr) to.fail(sqlite3_extended_errcode(to.handle()), "begin a backup");
    int const stepped = sqlite3_backup_step(copy, -1);
    int const finished = sqlite3_backup_finish(copy);
    if (stepped != SQLITE_DONE) to.fail(stepped, "back up");
    if (finished != SQLITE_OK) to.fail(finished, "end a backup");
}

// A rename is durable once the folder is.
void sync_folder(std::filesystem::path const& folder)
{
    int const descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

} // namespace

void copy_database(std::filesystem::path const& source, std::filesystem::path const& target)
{
    std::filesystem::path partial = target;
    partial += ".partial";
    try {
        prepare_folder(partial);
        std::filesystem::remove(partial);
        prepare_file(partial);
        copy_pages(source, partial);
        failpoint("backup_before_rename");
        std::filesystem::rename(partial, target);
        sync_folder(target.parent_path());
    } catch (std::system_error const& failure) {
        throw Unavailable(std::string("cannot back up: ") + failure.what());
    }
}

} // namespace pollux::db::sqlite
