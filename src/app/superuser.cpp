#include "app/superuser.hpp"

#include "app/beside_server.hpp"
#include "app/control_commands.hpp"
#include "base/json_types.hpp"

namespace pollux::app {
namespace {

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

asio::awaitable<Result<std::string>> make(accounts::AccountsService& accounts, std::string arguments)
{
    auto wanted = from_json<Wanted>(arguments);
    if (!wanted) co_return wanted.error();
    std::optional<std::string> password;
    if (auto& given = wanted->password) password = std::move(given->value);
    auto made = co_await accounts.create_superuser(std::move(wanted->mobile.value), std::move(password));
    if (!made) co_return made.error();
    co_return to_json(Made{made->user.mobile, made->link_token});
}

} // namespace

Result<accounts::Superuser> create_superuser(config::Config const& config, std::string mobile, std::optional<std::string> password)
{
    auto const answer =
        run_beside_server(config, superuser_command_name, to_json(Asked{std::move(mobile), {std::move(password)}}), WhereNone::make);
    if (!answer) return answer.error();
    auto made = from_json<MadeThere>(*answer);
    if (!made) return made.error();
    accounts::Superuser superuser;
    superuser.user.mobile = std::move(made->mobile.value);
    superuser.link_token = std::move(made->link_token.value);
    return superuser;
}

control::Command superuser_command(accounts::AccountsService& accounts)
{
    return [&accounts](std::string arguments) { return make(accounts, std::move(arguments)); };
}

} // namespace pollux::app
