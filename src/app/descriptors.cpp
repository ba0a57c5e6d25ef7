#include "app/descriptors.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace pollux::app {
namespace {

constexpr std::size_t descriptors_worth_asking = 1'048'576;
constexpr std::size_t usual_connections_max = 50'000;

std::size_t reserve(config::Config const& config)
{
    constexpr std::size_t of_the_process = 128; // Log, listeners, metrics, name servers, what libraries open for a moment.
    constexpr std::size_t of_a_thread = 8;      // Two listeners, epoll twice, timers, a reader of SQLite with its log.
    bool const is_postgres = config.database == config::DatabaseKind::postgres;
    std::size_t const database = is_postgres ? config.database_write_pool + config.database_read_connections + 4 : 8;
    std::size_t const redis = config.redis_url ? config.threads + 4 : 0;
    bool const writes_replies = config.workers == config::Workers::internal;
    std::size_t const models = writes_replies ? std::min(config.worker_concurrency, config.model_concurrency) : 0;
    return of_the_process + of_a_thread * config.threads + database + redis + models;
}

} // namespace

std::size_t raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
    auto const before = limit.rlim_cur;
    limit.rlim_cur = std::max<rlim_t>(before, std::min<rlim_t>(limit.rlim_max, descriptors_worth_asking));
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, descriptors_worth_asking));
}

http::ServerLimits server_limits(config::Config const& config, std::size_t descriptors)
{
    std::size_t const kept = std::min(reserve(config), descriptors / 2);
    std::size_t const possible = std::max<std::size_t>(descriptors - kept, 1);
    http::ServerLimits limits;
    limits.connections_max = std::min(config.connections_max.value_or(usual_connections_max), possible);
    limits.connections_per_address_max = std::min(config.connections_per_address_max.value_or(limits.connections_max / 2 + 1), possible);
    return limits;
}

} // namespace pollux::app
