// The OpenAPI 3.1 document of a route table. It is made from the routes and from the structs their handlers take and give, so it
// cannot say anything else than what is served.
#pragma once

#include "http/router.hpp"

#include <string>

namespace pollux::http {

struct ApiInfo {
    std::string title;
    std::string version;
    std::string description; // Markdown.
    std::string server_url;
};

std::string openapi_document(Router const& router, ApiInfo const& info);

} // namespace pollux::http
