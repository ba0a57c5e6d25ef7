// What the sub-commands do that takes no more than a screen, and what all of them say it with. An exit code is that of the process: 0 done,
// 1 could not be done (said on standard error), 2 wrong settings or a wrong command line.
#pragma once

#include "app/reconcile_command.hpp"
#include "base/error.hpp"
#include "config/process_config.hpp"

#include <string>
#include <utility>

namespace pollux::cli {

constexpr int wrong_settings = 2; // Or a wrong command line.

// A line on standard error; of an error, as many as fields are wrong, and the exit code.
void complain(std::string const& line);
int complain(Error const& error);

// On standard output: the exit code is 1 where that takes nothing.
int print(std::string const& text);

// Of the settings only those that the data needs are judged, or those of who serves nothing.
config::Flags only_data(config::Flags flags);
config::Flags no_server(config::Flags flags);

// Runs `work` with settings that are right, or says why not.
template <class Work>
int with_config(config::Flags flags, Work work)
{
    config::Loaded const loaded = config::load_process_config(std::move(flags));
    for (std::string const& problem : loaded.problems) complain("pollux: " + problem);
    if (!loaded.problems.empty()) return wrong_settings;
    return work(loaded);
}

// Until the process is told to end.
int serve(config::Flags flags);
int worker(config::Flags flags);

int migrate(config::Flags flags);

// Asks for the password where no file has it.
int create_superuser(config::Flags flags, std::string const& mobile, std::string const& password_file);

int reconcile(config::Flags flags, app::Reconciling what);

} // namespace pollux::cli
