#include "cli/move.hpp"

#include "base/required.hpp"
#include "base/secrets.hpp"
#include "config/place_readers.hpp"
#include "db/migrator.hpp"
#include "db/move/move.hpp"

#include <cstdio>
#include <filesystem>

#include <unistd.h>

namespace pollux::cli {
namespace {

using config::DatabaseKind;

Error refused(std::string why)
{
    return {ErrorKind::invalid, "wrong_arguments", std::move(why)};
}

// What the URL says, in a Config of its own.
Result<config::Config> read_url(std::string const& option, std::string const& url, DatabaseKind wanted)
{
    config::Config read;
    if (auto const complaint = config::read_database_url(url, read)) return refused(option + " " + *complaint);
    if (read.database == wanted) return read;
    if (wanted == DatabaseKind::sqlite) {
        return refused(option +
                       " must be sqlite:///...: pollux move goes from SQLite to PostgreSQL; between PostgreSQL servers, pg_dump goes");
    }
    return refused(option + " must be postgres://...: pollux move goes from SQLite to PostgreSQL and not back");
}

// Counts in place on a terminal; elsewhere, a line a table.
void show_copied(std::string const& table, std::int64_t rows, std::int64_t rows_in_all)
{
    bool const is_terminal = ::isatty(STDOUT_FILENO) == 1;
    bool const is_whole = rows == rows_in_all;
    if (!is_whole && !is_terminal) return;
    std::printf("%s  copied %-20s %lld of %lld%s", is_terminal ? "\r" : "", table.c_str(), static_cast<long long>(rows),
                static_cast<long long>(rows_in_all), is_whole ? "\n" : "");
    std::fflush(stdout);
}

void show_compared(std::string const& table, db::Tally const& source, db::Tally const& target)
{
    bool const is_same = source == target;
    std::printf("  %-20s %12lld  %s  %s\n", table.c_str(), static_cast<long long>(source.rows()), source.checksum().c_str(),
                is_same ? "the same in PostgreSQL" : "DIFFERENT in PostgreSQL:");
    if (is_same) return;
    std::printf("  %-20s %12lld  %s\n", "", static_cast<long long>(target.rows()), target.checksum().c_str());
}

} // namespace

Result<MovePlan> plan_move(config::Config const& config, MoveArguments const& arguments)
{
    MovePlan plan;
    if (!arguments.from.empty()) {
        auto const from = read_url("--from", arguments.from, DatabaseKind::sqlite);
        if (!from) return from.error();
        plan.file = from->sqlite_path;
    } else {
        plan.file = config.sqlite_path;
    }
    if (!arguments.to.empty()) {
        auto const to = read_url("--to", arguments.to, DatabaseKind::postgres);
        if (!to) return to.error();
        plan.url = required(to->postgres_url).reveal();
    } else if (config.postgres_url) {
        plan.url = config.postgres_url->reveal();
    } else {
        return refused("say where to: --to postgres://... or DATABASE_URL=postgres://...");
    }
    return plan;
}

int move(config::Config const& config, MoveArguments const& arguments)
{
    auto const plan = plan_move(config, arguments);
    if (!plan) {
        Error const error = plan.error(); // error() returns a copy.
        std::fputs(("pollux: " + error.message() + "\n").c_str(), stderr);
        return 2;
    }
    std::error_code failed;
    if (arguments.from.empty() && !std::filesystem::exists(plan->file, failed)) {
        std::fputs(("pollux: there is no database " + plan->file.string() + "; name one with --from sqlite:///...\n").c_str(), stderr);
        return 1;
    }
    prepare_secrets();
    db::MoveOptions const options{
        .file = plan->file, .url = plan->url, .migrations = pollux_migrations_files(), .seeded_tables = {"plans", "task_periods"}};
    std::string const file = plan->file.string();
    bool has_headline = false;
    db::MoveEvents const events{
        .began = [&](std::string const& place) { std::printf("From %s to %s.\n", file.c_str(), place.c_str()); },
        .copied = show_copied,
        .compared =
            [&](std::string const& table, db::Tally const& source, db::Tally const& target) {
                if (!has_headline) std::printf("\n  %-20s %12s  %s\n", "table", "rows", "checksum");
                has_headline = true;
                show_compared(table, source, target);
            },
    };
    auto const rows = db::move_to_postgres(options, events);
    bool const is_kept = !config.secret_key && std::filesystem::exists(config.data_dir / "secret_key", failed);
    std::string const key = is_kept ? "SECRET_KEY as it stands in secret_key in the data folder" : "the same SECRET_KEY";
    std::printf("\nmoved %lld rows\n\nStart servers and workers with DATABASE_URL=postgres://... and %s: who is logged in stays so.\n"
                "%s was not changed; keep it as a backup, and start nothing on it any more.\n",
                static_cast<long long>(rows), key.c_str(), file.c_str());
    return std::fflush(stdout) == 0 ? 0 : 1;
}

} // namespace pollux::cli
