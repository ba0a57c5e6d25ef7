#include "db/sqlite/sqlite_migrations.hpp"

#include "base/failpoint.hpp"
#include "base/required.hpp"

#include <algorithm>
#include <cctype>
#include <system_error>

namespace pollux::db {
namespace {

constexpr int cache_kib = 8 * 1024;
constexpr std::size_t copies_max = 3;
constexpr std::string_view extension = ".sqlite";

constexpr std::string_view insert_sql = R"sql(
    insert into schema_migrations (version, name, works_with, applied_at) values ($1, $2, $3, now_us())
)sql";

std::string padded(int version)
{
    std::string text = std::to_string(version);
    text.insert(0, text.size() < 4 ? 4 - text.size() : 0, '0');
    return text;
}

// "-schema-0003.sqlite", at the end of the name of each copy of version 3.
std::string ending(int version)
{
    return "-schema-" + padded(version) + std::string(extension);
}

// "pollux-20261122T172312123456Z-schema-0003.sqlite": the names sort by time.
std::string copy_name(Time time, int version)
{
    std::string digits = rfc3339(time);
    std::erase_if(digits, [](unsigned char c) { return std::isalnum(c) == 0; });
    return "pollux-" + digits + ending(version);
}

// Our own copies, oldest first; whatever else lies in the folder is not ours to count or to delete.
std::vector<std::filesystem::path> list_copies(std::filesystem::path const& folder)
{
    std::vector<std::filesystem::path> copies;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        auto const name = entry.path().filename().string();
        bool const ours = name.starts_with("pollux-") && name.find("-schema-") != std::string::npos;
        if (ours && name.ends_with(extension)) copies.push_back(entry.path());
        if (ours && name.ends_with(".partial")) std::filesystem::remove(entry.path());
    }
    std::ranges::sort(copies);
    return copies;
}

// A start that fails and is tried again and again must not push out the copy of an older version: one copy a version.
void drop_old_copies(std::filesystem::path const& folder, std::filesystem::path const& newest, int version)
{
    auto copies = list_copies(folder);
    std::erase_if(copies, [&](std::filesystem::path const& copy) {
        bool const superseded = copy != newest && copy.filename().string().ends_with(ending(version));
        if (superseded) std::filesystem::remove(copy);
        return superseded;
    });
    for (std::size_t index = 0; index + copies_max < copies.size(); ++index) std::filesystem::remove(copies[index]);
}

void run_in_transaction(sqlite::Connection& connection, Migration const& migration)
{
    connection.run("begin immediate");
    connection.run_script(migration.script);
    if (!connection.in_transaction()) throw BadMigration("migration " + migration.name + " ends the transaction that it runs in");
    connection.run(insert_sql, params(migration.version, migration.name, migration.works_with));

    auto const broken = connection.run("select \"table\" from pragma_foreign_key_check limit 1");
    if (!broken.empty())
        throw StatementError("migration " + migration.name + " leaves a dangling reference in " + broken.front().only().text());

    failpoint("migrate_before_commit");
    connection.run("commit");
    failpoint("migrate_after_commit");
}

} // namespace

SqliteMigrations::SqliteMigrations(SqliteDatabase const& database, std::filesystem::path backups)
    : database_(database), backups_(std::move(backups))
{}

std::vector<AppliedMigration> SqliteMigrations::begin()
{
    connection_.emplace(database_.file(), sqlite::Role::migrator, cache_kib, database_.clock());
    connection_->run("create table if not exists schema_migrations ("
                     "version integer primary key, name text not null, works_with integer not null, applied_at bigint not null)");
    return read_applied(connection_->run(applied_sql));
}

void SqliteMigrations::keep_copy(int version)
{
    if (backups_.empty()) return;
    auto const copy = backups_ / copy_name(database_.clock().now(), version);
    database_.backup_to(copy);
    failpoint("migrate_after_copy");
    try {
        drop_old_copies(backups_, copy, version);
    } catch (std::system_error const& failure) {
        throw Unavailable(std::string("cannot tidy the backups: ") + failure.what());
    }
}

void SqliteMigrations::apply(Migration const& migration)
{
    auto& connection = required(connection_);
    try {
        run_in_transaction(connection, migration);
    } catch (...) {
        connection.roll_back();
        throw;
    }
}

} // namespace pollux::db
