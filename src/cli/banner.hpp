// What `pollux serve` says when it is ready.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::cli {

// "http://127.0.0.1:8000": where somebody on this machine finds it.
std::string server_url(config::Config const& config, std::uint16_t port);

// Where people find the pages: PUBLIC_URL, in debug this machine.
std::string page_url(config::Config const& config, std::uint16_t port);

// `port` is the one that is really listened on. No secret stands in it.
std::string banner(config::Config const& config, std::uint16_t port, std::vector<std::string> const& notices);

std::string worker_banner(config::Config const& config, std::vector<std::string> const& notices);

} // namespace pollux::cli
