// An embedded database that is read as it stands at one moment, while the file's lock keeps every server away from it. Nothing in it is
// changed.
#pragma once

#include "base/clock.hpp"
#include "db/move/table.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/file_lock.hpp"
#include "db/value.hpp"

#include <filesystem>
#include <functional>
#include <span>

namespace pollux::db {

class SqliteSource {
public:
    // Throws DatabaseInUse when a server runs on the file, Unavailable when there is no such file or it cannot be read.
    explicit SqliteSource(std::filesystem::path const& file);

    int schema_version(); // 0: there is no schema.

    // All but schema_migrations, each behind those that it references.
    std::vector<MoveTable> tables();

    std::int64_t count(MoveTable const& table);
    void for_each_row(MoveTable const& table, std::function<void(std::span<Value const>)> const& take);

private:
    MoveTable describe(std::string name);

    Clock const clock_;
    sqlite::FileLock lock_; // Let go after the connection is closed.
    sqlite::Connection connection_;
};

} // namespace pollux::db
