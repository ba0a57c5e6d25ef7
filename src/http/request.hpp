// One request, read whole and within its limits, as handlers see it. Everything it hands out lives as long as the Request, which
// lives until the handler's coroutine has ended.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/required.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::http {

// The user and session that a valid access token speaks for.
struct Identity {
    UserId user;
    SessionId session;
};

// What tells one network from another: limits count by `address`'s /64 (IPv6), guesses and codes by the wider prefix.
struct Peer {
    std::string address;      // "192.0.2.7", "2001:db8::1": from the socket, or from a trusted proxy's header.
    std::string limit_prefix; // The address, or its /64.
    std::string wide_prefix;  // Its /24 or /56.
};

class HeaderFields; // Beast's fields, known to http/ only.

class Request {
public:
    std::string_view method;                                     // "GET"; a HEAD arrives as GET.
    std::string_view path;                                       // Without the query, as sent.
    std::string_view query;                                      // What follows "?", as sent.
    std::vector<std::pair<std::string, std::string>> parameters; // The query, decoded; empty for raw routes.
    std::string_view body;
    std::string request_id;
    Peer peer;
    bool same_origin = true;  // No Origin header, or one that equals the Host; and no Sec-Fetch-Site: cross-site.
    bool known_origin = true; // The same, or a page on loopback, or an origin that is listed by name.
    bool own_page = false;    // One with an Origin, of this server's or listed for cookies. RouteOptions::knows_cookies asks for it.
    std::optional<Identity> identity; // Set when the route asks for it, or when a valid token came along.
    Steady::time_point deadline;      // When the answer should be out. Not enforced by cancelling: pass it down.
    std::span<std::pair<std::string_view, std::string_view> const> path_parameters; // {room} -> "17"
    HeaderFields const* fields = nullptr;

    Identity const& caller() const { return required(identity); } // This and the next two only for routes with Access::user.
    UserId user() const { return caller().user; }
    SessionId session() const { return caller().session; }

    std::optional<std::string_view> header(std::string_view name) const; // Case does not matter; the first of several.
    std::string_view bearer_token() const;                               // What Authorization shows; empty where it shows none.
    bool accepts_event_stream() const;                                   // Accept names text/event-stream.
    bool accepts_html() const;                                           // Accept names text/html: a browser, in which somebody reads.

    // not_found(name) unless the parameter is a positive integer: ids that cannot exist are answered like ids that do not.
    template <class IdType>
    Result<IdType> path_id(std::string_view name) const
    {
        auto number = path_number(name);
        if (!number) return not_found(name);
        return IdType{*number};
    }

    // not_found(name) unless the parameter has 1 to 100 letters, digits and underscores: ids that are words.
    Result<std::string> path_word(std::string_view name) const;

    // nullopt without the header; an error (400) when it is empty or over 255 bytes or not printable ASCII.
    Result<std::optional<std::string>> idempotency_key() const;

    // What the client said in X-Request-ID, to be kept beside request_id, which is the same if it is plain: up to 200 printable ASCII
    // characters. Empty where there is none, or where it is more or something else.
    std::string client_request_id() const;

private:
    std::optional<std::int64_t> path_number(std::string_view name) const;
};

inline constexpr std::size_t query_parameters_max = 32;

// Of application/x-www-form-urlencoded, which browsers send: "+" is a space, and letters stand there that RFC 3986 (and Boost.URL with it)
// refuses. "a=1&b=%20" -> pairs, percent-decoded; malformed for a broken escape, invalid UTF-8, a repeated name, or more than 32 of them.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

} // namespace pollux::http
