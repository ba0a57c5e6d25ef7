#include "config/place_readers.hpp"

#include "base/database_url.hpp"
#include "base/uri.hpp"
#include "config/readers.hpp"

#include <boost/url/grammar/ci_string.hpp>

#include <algorithm>

namespace pollux::config {

namespace urls = boost::urls;

namespace {

Complaint read_endpoint_or_none(std::string const& text, std::optional<Endpoint>& place)
{
    place = {};
    if (trim(text).empty()) return {};
    place = parse_endpoint(text);
    if (!place) return "must be an address and a port, like 127.0.0.1:9464, or empty for none";
    return {};
}

} // namespace

Complaint read_database_url(std::string const& text, Config& config)
{
    auto const scheme = database_scheme(text);
    if (scheme == "postgres" || scheme == "postgresql") {
        if (!postgres_parameters(text)) return "must have letters like @ and / in a password written as %40 and %2F";
        config.database = DatabaseKind::postgres;
        config.postgres_url = Secret(text);
        return {};
    }
    auto const sqlite = parse_sqlite_url(text);
    if (!sqlite) return "must be sqlite:///file (in the working folder), sqlite:////folder/file or postgres://...";
    if (!sqlite->options.empty()) return "takes no options: SQLite always runs with WAL and synchronous=FULL";
    auto path = percent_decode(sqlite->file);
    if (!path || path->find('\0') != std::string::npos || !is_utf8(*path)) return "has a path that cannot be read";
    if (*path == ":memory:") return "must name a file: a database in memory would forget everything";
    if (path->empty() || path->ends_with('/')) return "names a folder, not a file";
    config.database = DatabaseKind::sqlite;
    config.sqlite_path = *path;
    return {};
}

Complaint read_data_dir(std::string const& text, Config& config)
{
    if (text.find('\0') != std::string::npos) return "has a path that cannot be read";
    config.data_dir = text;
    return {};
}

// What stands in it is judged by redis/url.
Complaint read_redis_url(std::string const& text, Config& config)
{
    auto const url = parse_uri(text);
    bool const is_redis =
        url && (urls::grammar::ci_is_equal(url->scheme(), "redis") || urls::grammar::ci_is_equal(url->scheme(), "rediss"));
    if (!is_redis || url->encoded_host().empty()) {
        return "must be redis://[user:password@]host[:port][/number] or rediss://..., special characters percent-encoded";
    }
    config.redis_url = Secret(text);
    return {};
}

Complaint read_port(std::string const& text, Config& config)
{
    auto port = parse_integer(text);
    if (!port || *port < 0 || *port > 65535) return number_complaint(0, 65535);
    config.listen = {"0.0.0.0", static_cast<std::uint16_t>(*port)};
    return {};
}

Complaint read_listen(std::string const& text, Config& config)
{
    auto endpoint = parse_endpoint(text);
    if (!endpoint) return "must be an address and a port, like 127.0.0.1:8000, [::1]:8000 or :8000 for all addresses";
    config.listen = *endpoint;
    return {};
}

Complaint read_metrics_listen(std::string const& text, Config& config)
{
    return read_endpoint_or_none(text, config.metrics_listen);
}

Complaint read_worker_metrics_listen(std::string const& text, Config& config)
{
    return read_endpoint_or_none(text, config.worker_metrics_listen);
}

Complaint read_allowed_hosts(std::string const& text, Config& config)
{
    config.allowed_hosts.clear();
    for (std::string const& part : split_list(text)) {
        if (part == "*") {
            config.allowed_hosts.push_back(part);
            continue;
        }
        bool const is_suffix = part.starts_with('.');
        auto const host = parse_host(is_suffix ? part.substr(1) : part);
        if (auto const* fault = std::get_if<HostFault>(&host)) {
            if (*fault == HostFault::has_port) return "must be names without a port";
            return "must be names like chat.example.com, .example.com or *, by comma";
        }
        config.allowed_hosts.push_back((is_suffix ? "." : "") + std::get<std::string>(host));
    }
    return {};
}

Complaint read_cors_origins(std::string const& text, Config& config)
{
    config.cors_allowed_origins.clear();
    for (std::string const& part : split_list(text)) {
        if (part == "*") {
            config.cors_allow_all_origins = true;
            continue;
        }
        auto origin = parse_origin(part);
        if (!origin) return "must be origins like https://chat.example.com or capacitor://localhost, by comma";
        config.cors_allowed_origins.push_back(std::move(*origin));
    }
    return {};
}

Complaint read_trusted_proxies(std::string const& text, Config& config)
{
    if (auto hops = parse_integer(text)) {
        if (*hops < 0 || *hops > 10) return "must be at most 10 as a number of proxies";
        config.trusted_proxy_hops = static_cast<std::size_t>(*hops);
        return {};
    }
    config.trusted_proxies = split_list(text);
    bool const are_right = std::all_of(config.trusted_proxies.begin(), config.trusted_proxies.end(), is_network);
    if (!are_right) return "must be addresses or networks like 10.0.0.0/8, by comma, or a number of proxies";
    return {};
}

Complaint read_debug_networks(std::string const& text, Config& config)
{
    config.debug_networks = split_list(text);
    bool const are_right = std::all_of(config.debug_networks.begin(), config.debug_networks.end(), is_network);
    if (!are_right) return "must be addresses or networks like 172.17.0.0/16, by comma";
    return {};
}

} // namespace pollux::config
