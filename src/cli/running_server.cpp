#include "cli/running_server.hpp"

#include "config/addresses.hpp"
#include "net/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>

namespace pollux::cli {
namespace {

constexpr std::chrono::seconds asking_max{5}; // A database that does not answer is told of within 4.5 s.

// One that listens on all addresses is asked on this machine's own.
config::Endpoint reachable(config::Endpoint listen)
{
    if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
    if (listen.host == "::") listen.host = "::1";
    return listen;
}

net::HttpAnswer call(std::string url)
{
    net::prepare_http_client();
    net::HttpRequest request{.url = std::move(url), .deadline = Steady::now() + asking_max};
    net::HttpAnswer answer;
    boost::asio::io_context io(1);
    boost::asio::co_spawn(io, net::fetch(std::move(request)), [&](std::exception_ptr failure, net::HttpAnswer given) {
        if (!failure) answer = std::move(given);
        io.stop();
    });
    io.run();
    return answer;
}

// At an address of metrics a server answers as well, and other programs may, so who answers says what it is (app/system_routes.hpp).
bool is_of(Readiness const& found, std::string_view role)
{
    return found.says.find("\"role\":\"" + std::string(role) + "\"") != std::string::npos;
}

int told(Readiness const& found, config::Endpoint const& listen)
{
    if (found.kind == Readiness::Kind::ready) return 0;
    std::fprintf(stderr, "pollux: %s: %s\n", config::to_text(listen).c_str(), found.says.c_str());
    return 1;
}

} // namespace

Readiness ask_readiness(config::Endpoint const& listen)
{
    if (listen.port == 0) return {Readiness::Kind::nobody, "port 0 is another one at each start; set LISTEN"};
    auto const answer = call("http://" + config::to_text(reachable(listen)) + "/readyz");
    if (answer.head.status == 200) return {Readiness::Kind::ready, answer.body};
    if (answer.head.status != 0) return {Readiness::Kind::not_ready, answer.body};
    auto const kind = answer.result.failure == net::HttpFailure::unreachable ? Readiness::Kind::nobody : Readiness::Kind::not_ready;
    return {kind, answer.result.detail};
}

int healthcheck(config::Config const& config, Looked at)
{
    Readiness found;
    if (at != Looked::worker) {
        found = ask_readiness(config.listen);
        bool const is_there = found.kind != Readiness::Kind::nobody;
        if (is_there || at == Looked::server) return told(found, config.listen);
    }
    auto const& metrics = config.worker_metrics_listen;
    if (!metrics) {
        if (at == Looked::worker) found.says = "a worker is asked at WORKER_METRICS_LISTEN, else METRICS_LISTEN, which is empty";
        return told(found, config.listen);
    }
    found = ask_readiness(*metrics);
    if (is_of(found, "serve") || (found.kind == Readiness::Kind::ready && !is_of(found, "worker"))) {
        found = {
            Readiness::Kind::not_ready,
            "a server or another program answers there, and no worker; beside a server a worker has a WORKER_METRICS_LISTEN of its own"};
    }
    return told(found, *metrics);
}

std::optional<Finding> describe_proxies(std::string const& answer)
{
    if (answer.find("\"proxies\":") == std::string::npos) return std::nullopt;
    return Finding{
        Health::note,
        "Proxies: requests come with X-Forwarded-For from an address that TRUSTED_PROXIES does not name, so all users behind it share "
        "one address's limits.",
        "If that is your proxy, set TRUSTED_PROXIES to its address; the log has it under forwarded_for_untrusted."};
}

std::optional<Finding> examine_running_server(config::Config const& config)
{
    auto const found = ask_readiness(config.listen);
    return found.kind == Readiness::Kind::ready ? describe_proxies(found.says) : std::nullopt;
}

} // namespace pollux::cli
