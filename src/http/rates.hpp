// How often a caller may come: the budgets of users, plans and addresses that a route counts, and the header fields that tell what is left
// of them (draft-ietf-httpapi-ratelimit-headers-10).
#pragma once

#include "http/server_shared.hpp"

#include <boost/asio/awaitable.hpp>

namespace pollux::http {

// The header fields RateLimit and RateLimit-Policy: what is left to the caller, and of what. Empty where nothing was counted.
struct RateFields {
    std::string limit;
    std::string policy;
};

void add_rate_headers(Response& response, RateFields fields);

// Under which name the answers to a caller are counted.
std::string asker_of(Request const& request);

// Says in `fields` what was counted for the caller; where that refuses, only what refused. The address is told of where it alone counts:
// what is left of it depends on others.
asio::awaitable<std::optional<Response>> refuse_by_rate(Server::Shared& shared, Request const& request, Route const& route,
                                                        RateFields& fields);

} // namespace pollux::http
