#include "app/superuser.hpp"

#include "app/blocking.hpp"
#include "app/bus_parts.hpp"
#include "app/control_commands.hpp"
#include "app/open_database.hpp"
#include "app/process.hpp"
#include "app/rooms.hpp"
#include "base/json_types.hpp"
#include "control/client.hpp"
#include "db/sqlite/file_lock.hpp"

#include <stdexcept>
#include <thread>

namespace pollux::app {
namespace {

constexpr std::chrono::seconds in_use_max{5}; // A server that starts or stops has the database before or after it answers.
constexpr std::chrono::milliseconds try_every{100};

// What is sent and what is read of it; the service judges both.
struct Asked {
    std::string mobile;
    Omittable<std::string> password;
};
POLLUX_DESCRIBE(Asked, (mobile, password))
struct Wanted {
    Text<1, 100> mobile;
    std::optional<Text<0, 4096>> password;
};
POLLUX_DESCRIBE(Wanted, (mobile, password))

struct Made {
    std::string mobile;
    std::string link_token;
};
POLLUX_DESCRIBE(Made, (mobile, link_token))
struct MadeThere {
    Text<1, 100> mobile;
    Text<1, 1000> link_token;
};
POLLUX_DESCRIBE(MadeThere, (mobile, link_token))

asio::awaitable<Result<accounts::Superuser>> make(accounts::AccountsService& accounts, std::string mobile,
                                                  std::optional<std::string> password)
{
    co_return co_await accounts.create_superuser(std::move(mobile), std::move(password));
}

asio::awaitable<Result<std::string>> make_for_another_process(accounts::AccountsService& accounts, std::string arguments)
{
    auto wanted = from_json<Wanted>(arguments);
    if (!wanted) co_return wanted.error();
    std::optional<std::string> password;
    if (auto& given = wanted->password) password = std::move(given->value);
    auto made = co_await accounts.create_superuser(std::move(wanted->mobile.value), std::move(password));
    if (!made) co_return made.error();
    co_return to_json(Made{made->user.mobile, made->link_token});
}

Result<accounts::Superuser> make_here(config::Config const& config, std::string mobile, std::optional<std::string> password)
{
    Clock const clock;
    net::Runtime runtime(1);
    auto const database = open_database(config, clock, Steady::now());
    auto without_worker = config;
    without_worker.workers = config::Workers::external;
    without_worker.redis_url = std::nullopt;
    BusParts bus(without_worker, *database, runtime);
    Rooms rooms(without_worker, secret_key(config), *database, bus, runtime, clock);
    return run_blocking(runtime.context(0), make(rooms.accounts, std::move(mobile), std::move(password)));
}

Result<accounts::Superuser> make_there(config::Config const& config, std::string const& mobile, std::optional<std::string> const& password)
{
    auto const answer = ask_server(config, superuser_command_name, to_json(Asked{mobile, {password}}));
    if (!answer) return answer.error();
    auto made = from_json<MadeThere>(*answer);
    if (!made) return made.error();
    accounts::Superuser superuser;
    superuser.user.mobile = std::move(made->mobile.value);
    superuser.link_token = std::move(made->link_token.value);
    return superuser;
}

} // namespace

Result<accounts::Superuser> create_superuser(config::Config const& config, std::string mobile, std::optional<std::string> password)
{
    prepare_process(config);
    for (auto const until = Steady::now() + in_use_max;; std::this_thread::sleep_for(try_every)) {
        std::string in_use;
        try {
            return make_here(config, mobile, password);
        } catch (db::DatabaseInUse const& taken) {
            in_use = taken.what();
        }
        try {
            return make_there(config, mobile, password);
        } catch (control::NobodyThere const& nobody) {
            if (Steady::now() >= until) throw std::runtime_error(in_use + "; " + nobody.what());
        }
    }
}

control::Command superuser_command(accounts::AccountsService& accounts)
{
    return [&accounts](std::string arguments) { return make_for_another_process(accounts, std::move(arguments)); };
}

} // namespace pollux::app
