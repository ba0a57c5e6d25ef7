#include "app/control_commands.hpp"

#include "app/plan_commands.hpp"
#include "app/reconcile_command.hpp"
#include "app/superuser.hpp"
#include "control/client.hpp"

namespace pollux::app {

control::Commands control_commands(Rooms& rooms)
{
    auto commands = plan_commands(rooms);
    commands.merge(reconcile_commands(rooms));
    commands.emplace(superuser_command_name, superuser_command(rooms.accounts));
    return commands;
}

Result<std::string> ask_server(config::Config const& config, std::string command, std::string arguments)
{
    auto const file = std::filesystem::weakly_canonical(config.sqlite_path).string();
    return control::call(config.data_dir, {std::move(command), file, std::move(arguments)});
}

} // namespace pollux::app
