// What operators and tools ask for: health, and the OpenAPI document.
#pragma once

#include "app/bus_parts.hpp"
#include "chat/queue/queue_watch.hpp"
#include "db/database.hpp"
#include "http/router.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace pollux::app {

namespace asio = boost::asio;

enum class Role { serves, works };

struct SystemRoutes {
    db::Database& database;
    BusParts const& bus;
    chat::QueueWatch const& queue;
    std::atomic<bool> is_stopping = false;                               // /readyz says no from then on.
    std::function<std::shared_ptr<std::string const>()> describe_routes; // The OpenAPI document; set by a server.
    std::function<bool()> sees_untrusted_proxy;                          // Of a server; may be empty.
    Role role = Role::serves;
};

// /health/, /readyz, /livez beside the metrics. Ready is who can ask the database; all else that is missing is told, and costs speed. Here
// they also say whether a server or a worker answers: who asks an address of metrics could not know it otherwise.
void add_operator_health_routes(http::Router& router, SystemRoutes& system);

// The same for everybody, and the OpenAPI document.
void add_system_routes(http::Router& router, SystemRoutes& system);

// The document of all routes. Needs no database and no settings.
std::string openapi_document(http::Router const& router, std::string const& public_url);

} // namespace pollux::app
