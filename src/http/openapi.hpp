// The OpenAPI 3.1 document of a route table. It is made from the routes and from the structs their handlers take and give, so it
// cannot say anything else than what is served.
#pragma once

#include "http/router.hpp"

#include <string>
#include <string_view>

namespace pollux::http {

struct ApiInfo {
    std::string title;
    std::string version;
    std::string description; // Markdown.
    std::string server_url;
    // A JSON object: `requests` and `answers`, one an operation, and `problems`, one an error code, with the `status` that it comes with.
    // Without it (empty) the document has no examples and says of errors only what their codes are.
    std::string_view examples;
};

// Throws std::logic_error when a route names an error code that the examples do not have.
std::string openapi_document(Router const& router, ApiInfo const& info);

} // namespace pollux::http
