// The settings that say where things are: what is kept, where the server listens, by which names, and who stands in front of it. Each
// function fits Setting::read.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace pollux::config {

Complaint read_database_url(std::string const& text, Config& config);
Complaint read_data_dir(std::string const& text, Config& config);
Complaint read_redis_url(std::string const& text, Config& config);
Complaint read_port(std::string const& text, Config& config);
Complaint read_listen(std::string const& text, Config& config);
Complaint read_metrics_listen(std::string const& text, Config& config);
Complaint read_worker_metrics_listen(std::string const& text, Config& config);
Complaint read_allowed_hosts(std::string const& text, Config& config);
Complaint read_cors_origins(std::string const& text, Config& config);
Complaint read_trusted_proxies(std::string const& text, Config& config);
Complaint read_debug_networks(std::string const& text, Config& config);

} // namespace pollux::config
