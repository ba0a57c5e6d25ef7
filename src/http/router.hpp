// The list of what can be called. Dispatch, limits and the OpenAPI document all come from it.
//
// A handler is a plain coroutine function: asio::awaitable<Result<Answer>> f(Service&, Request const&, ...), followed, if it takes
// them, by Query<Q> (a described struct read from the query string) and by a described struct (the JSON body). A body that may be
// absent is a struct whose members are all optional. A handler that takes a RawBody gets the bytes instead; see raw_route().
#pragma once

#include "base/json.hpp"
#include "base/literals.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "http/route_adapter.hpp"
#include "limits/rate_limiter.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::http {

using limits::RateClass;

enum class Access {
    open, // No token asked for; a valid one is taken note of, another is ignored.
    user, // A valid access token.
};

struct RouteOptions {
    std::string_view id;      // operationId: "sendMessage".
    std::string_view summary; // One line for the OpenAPI document: "Stop a reply; what it has so far stays" is named by its first part.
    std::string_view tag;     // "chat"
    Access access = Access::user;
    RateClass limits = RateClass::read;
    std::size_t body_bytes_max = 64_KiB;
    std::chrono::milliseconds time_max = std::chrono::seconds(10); // Becomes Request::deadline.
    std::vector<std::string_view> errors;                          // Codes a caller should expect beside the general ones.
    std::vector<EventShape> events;                                // Of a stream.
    bool may_have_ended = false;                                   // A stream that has nothing left to tell: 204.
    bool takes_idempotency_key = false;
    // Who shows a token that was once issued here is counted by its user instead of by the address, which a carrier's phones all share: no
    // stranger among them spends what is theirs. It opens nothing, and may have expired.
    bool counts_who_is_shown = false;
    bool knows_cookies = false; // Request::own_page is told, which alone may act by a cookie.
    // Such an answer waits for no reader. So who shows no token is not refused it for what strangers behind the same address leave unread.
    bool answers_in_few_words = false;
    bool is_documented = true;          // Aliases of a path are dispatched but not documented twice.
    bool ignores_allowed_hosts = false; // Health checks come by address.
};

// The options of a route that others' programs post to: no token, a rate class and a budget of memory of its own.
inline RouteOptions raw_route(std::string_view id, std::string_view summary, std::string_view tag)
{
    return {.id = id, .summary = summary, .tag = tag, .access = Access::open, .limits = RateClass::webhook, .body_bytes_max = 1_MiB};
}

struct Route {
    std::string method;
    std::string path; // "/chatroom/{room}/message/"
    RouteOptions options;
    std::function<asio::awaitable<Result<Response>>(Request const&)> handler;
    AnswerShape shape; // What the OpenAPI document says of it.
};

class Router {
public:
    using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

    template <class Service, class Function>
    void add(std::string_view method, std::string_view path, Function function, Service& service, RouteOptions options)
    {
        add(method, path, std::move(options), adapt(function, service), [](SchemaBook& book) { return shape_of(Function(), book); });
    }
    template <class Service, class Function>
    void get(std::string_view path, Function function, Service& service, RouteOptions options)
    {
        add("GET", path, function, service, std::move(options));
    }
    template <class Service, class Function>
    void post(std::string_view path, Function function, Service& service, RouteOptions options)
    {
        add("POST", path, function, service, std::move(options));
    }
    template <class Service, class Function>
    void patch(std::string_view path, Function function, Service& service, RouteOptions options)
    {
        add("PATCH", path, function, service, std::move(options));
    }
    template <class Service, class Function>
    void del(std::string_view path, Function function, Service& service, RouteOptions options)
    {
        add("DELETE", path, function, service, std::move(options));
    }

    // The same route under another path.
    void alias(std::string_view method, std::string_view existing_path, std::string_view other_path);

    struct Found {
        Route const* route = nullptr; // Null: no such path, or not with this method.
        std::string_view allow;       // The methods this path does have: "GET, HEAD, POST, OPTIONS"; empty: no such path.
        Parameters parameters;        // Views into the path that was looked up.
    };
    Found find(std::string_view method, std::string_view path) const; // With or without the slash at the end.

    std::vector<Route> const& routes() const { return routes_; }
    SchemaBook const& schemas() const { return schemas_; }

private:
    void add(std::string_view method, std::string_view path, RouteOptions options, adapter::Handler handler,
             AnswerShape (*shape)(SchemaBook&));
    void insert(Route route);
    std::size_t child_of(std::size_t node, std::string_view literal) const; // 0: none.

    std::vector<Route> routes_;
    SchemaBook schemas_;
    struct Node {
        std::vector<std::pair<std::string, std::size_t>> literal; // Segment -> node.
        std::size_t parameter = 0;                                // Node behind {x}; 0: none.
        std::vector<std::pair<std::string, std::size_t>> routes;  // Method -> index into routes_.
        std::string allow;
    };
    std::vector<Node> nodes_{1};
};

} // namespace pollux::http
