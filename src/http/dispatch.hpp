// From a request to its answer: gate, route, token, rate limits, then the body and the handler; and every failure to a problem document.
// One of the two places that catch exceptions (the other is the end of a job).
#pragma once

#include "http/rates.hpp"
#include "http/request_reader.hpp"
#include "http/server_shared.hpp"

#include <boost/asio/awaitable.hpp>

namespace pollux::http {

// The other end of a connection; its texts are made once for all requests that come over it.
struct SocketPeer {
    asio::ip::address address;
    Peer texts;
};

// What is known of a request after its head was read.
struct Target {
    Router::Found found;
    Route const* counted_as = nullptr; // In the log and in the metrics; null where nothing was found.
    Request request;
    std::optional<Response> refusal; // Decided by the head alone: the body is not read. A page is, too.
    RateFields rates;
};

// Names a request in its answer and in the log.
std::string new_request_id();

// Looks up the route and applies all checks that need no body.
Target open_target(Server::Shared const& shared, RequestReader const& reader, HeaderFields const& fields, SocketPeer const& socket_peer);

// The refusal of a caller whose token, limits or unread answers do not let it in: decided before the body is read. Never throws.
asio::awaitable<std::optional<Response>> refuse_caller(Server::Shared& shared, Target& target);

// Where the bytes of the request's body are counted.
BodyPool body_pool(Target const& target);

// The answer to a request whose body could not be read.
Response refused_body(Server::Shared const& shared, Request const& request, Refusal const& refusal);

// Never throws.
asio::awaitable<Response> answer(Server::Shared& shared, Target& target);

} // namespace pollux::http
