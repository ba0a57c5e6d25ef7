#include "cli/actions.hpp"

#include "app/application.hpp"
#include "app/superuser.hpp"
#include "cli/banner.hpp"
#include "cli/password.hpp"
#include "ops/log.hpp"

#include <cstdio>
#include <filesystem>

namespace pollux::cli {
namespace {

// In the address of the page the token stands behind #, which browsers send to nobody.
std::string ways_to_log_in(config::Config const& config, std::string const& link_token)
{
    auto const port = config.listen.port;
    auto const url = server_url(config, port);
    std::string const curl = "curl " + url + "/auth/link/ -H 'Content-Type: application/json' -d '{\"token\":\"" + link_token + "\"}'\n";
    std::string const once = "This logs in, once, within 10 minutes:\n    ";
    return config.pages ? once + page_url(config, port) + "/signin#token=" + link_token + "\nor without a browser\n    " + curl
                        : once + curl;
}

} // namespace

void complain(std::string const& line)
{
    std::fputs((line + "\n").c_str(), stderr);
}

int complain(Error const& error)
{
    for (FieldError const& field : error.fields()) complain("pollux: " + field.detail);
    if (error.fields().empty()) complain("pollux: " + error.message());
    return 1;
}

config::Flags only_data(config::Flags flags)
{
    flags.only_data = true;
    return flags;
}

config::Flags no_server(config::Flags flags)
{
    flags.serves = false;
    return flags;
}

int serve(config::Flags flags)
{
    return with_config(std::move(flags), [](config::Loaded const& loaded) {
        return app::serve(loaded.config, [&](std::uint16_t port) {
            ops::flush_log();
            std::fputs(banner(loaded.config, port, loaded.notices).c_str(), stdout);
            std::fflush(stdout);
        });
    });
}

int worker(config::Flags flags)
{
    return with_config(std::move(flags), [](config::Loaded const& loaded) {
        if (loaded.config.database == config::DatabaseKind::sqlite) {
            complain(
                "pollux: a SQLite database belongs to one process, so `pollux serve` writes the replies itself; workers of their own need "
                "PostgreSQL, where `pollux move` takes the data.");
            return wrong_settings; // Not 1, after which a supervisor would try again for ever.
        }
        return app::work(loaded.config, [&] {
            ops::flush_log();
            std::fputs(worker_banner(loaded.config, loaded.notices).c_str(), stdout);
            std::fflush(stdout);
        });
    });
}

int print(std::string const& text)
{
    bool const is_printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return is_printed ? 0 : 1;
}

int migrate(config::Flags flags)
{
    return with_config(std::move(flags), [](config::Loaded const& loaded) {
        auto const& config = loaded.config;
        bool const is_embedded = config.database == config::DatabaseKind::sqlite;
        std::error_code failed;
        // In a wrong folder, or with an environment that got lost, this would make an empty database and call it migrated.
        if (is_embedded && !config.debug && !std::filesystem::exists(config.sqlite_path, failed)) {
            complain("pollux: DATABASE_URL names no other database than " + config.sqlite_path.string() +
                     ", which is not there; `pollux serve` makes it at its first start.");
            return 1;
        }
        db::Migrated const migrated = app::migrate(config);
        bool const is_same = migrated.version == migrated.version_before;
        return print("The schema " + (is_embedded ? "of " + config.sqlite_path.string() + " " : std::string()) + "is at version " +
                     std::to_string(migrated.version) + (is_same ? " already.\n" : " now.\n"));
    });
}

int create_superuser(config::Flags flags, std::string const& mobile, std::string const& password_file)
{
    return with_config(std::move(flags), [&](config::Loaded const& loaded) {
        auto password = password_file.empty() ? ask_for_password() : read_password_file(password_file);
        if (!password) {
            complain("pollux: " + password.error().message());
            return 1;
        }
        // There may have been no start yet. That this is the right place, who reads it must see.
        auto const file = std::filesystem::absolute(loaded.config.sqlite_path).lexically_normal().string();
        std::error_code failed;
        bool const is_first = loaded.config.database == config::DatabaseKind::sqlite && !std::filesystem::exists(file, failed);
        auto admin = app::create_superuser(loaded.config, mobile, *password);
        bool const is_made = is_first && std::filesystem::exists(file, failed);
        if (is_made) print("There was no database yet: " + file + " is a new one.\n");
        if (!admin) return complain(admin.error());
        return print(admin->user.mobile + " is an admin.\n" + ways_to_log_in(loaded.config, admin->link_token));
    });
}

int reconcile(config::Flags flags, app::Reconciling what)
{
    return with_config(std::move(flags), [what](config::Loaded const& loaded) {
        auto const done = app::reconcile(loaded.config, what, [](std::string const& line) { print(line + "\n"); });
        return done ? 0 : complain(done.error());
    });
}

} // namespace pollux::cli
