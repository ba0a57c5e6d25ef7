// Keeps a database file to one process: an exclusive flock on `<file>.lock`, which ends with the process however it ends. The lock file
// itself stays; removing it would let two processes lock two files of the same name.
#pragma once

#include <filesystem>
#include <stdexcept>

namespace pollux::db {

// Somebody else has the database open. The message is one line for the operator.
class DatabaseInUse : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace pollux::db

namespace pollux::db::sqlite {

class FileLock {
public:
    // Throws DatabaseInUse at once when it is taken, but waits up to 5 s for a holder that has been killed; std::system_error when the lock
    // file cannot be made.
    explicit FileLock(std::filesystem::path const& database_file);
    ~FileLock();

    FileLock(FileLock const&) = delete;
    FileLock& operator=(FileLock const&) = delete;

private:
    int descriptor_ = -1;
};

// Makes the folder of the file (0700) where it is missing. Throws std::system_error, as the next one.
void prepare_folder(std::filesystem::path const& database_file);

// Makes the file where it is missing, and private (0600). Only while no connection to the file is open in this process: closing any
// descriptor of it drops SQLite's own locks (fcntl(2)).
void prepare_file(std::filesystem::path const& database_file);

} // namespace pollux::db::sqlite
