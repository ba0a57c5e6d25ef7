// What a handler answers: a described struct (200), or one of these. The router turns each into a Response.
#pragma once

#include "base/json.hpp"
#include "http/event_stream.hpp"
#include "http/html.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pollux::http {

enum class Replay { first_answer, repeated }; // repeated: adds Idempotent-Replayed: true.

// 201 with a Location where one is given.
template <class T>
struct Created {
    T value;
    Replay replay = Replay::first_answer;
    std::string location;
};

template <class T>
Created<T> created(T value, Replay replay = Replay::first_answer)
{
    return {std::move(value), replay, {}};
}

// 204.
struct NoContent {};

// 200 with JSON bytes that were made before (a cache), documented as T.
template <class T>
struct Prepared {
    std::shared_ptr<std::string const> json;
};

// 200 with a T that is the same for everybody, and may be kept by whoever it passes for `max_age`.
template <class T>
struct Cacheable {
    T value;
    std::chrono::seconds max_age;
};

// 200 and text/event-stream; 204 when `events` is null (tells an EventSource to stop).
struct Stream {
    std::unique_ptr<EventStream> events;
};

// 201 with a T, or, for a client that accepts text/event-stream, 201 and a stream of events; neither: 204, there is nothing more.
template <class T>
struct CreatedOrStream {
    std::optional<T> value;
    std::unique_ptr<EventStream> events;
    Replay replay = Replay::first_answer;
};

// A T, and a cookie beside it: the value of Set-Cookie; empty: none.
template <class T>
struct WithCookie {
    T value;
    std::string cookie;
};

// 303: the browser goes there by GET. A whole URL, or a path.
struct SeeOther {
    std::string location;
};

// What a form's handler answers.
using HtmlOrSeeOther = std::variant<Html, SeeOther>;

// For who reads in a browser a page, for programs a T.
template <class T>
using HtmlOr = std::variant<Html, T>;

// One kind of event of a stream, for the OpenAPI document.
struct EventShape {
    std::string_view name;
    std::string_view meaning;
    std::string (*schema)(SchemaBook&) = nullptr; // Of its data; null: some object.
};

template <class Data>
EventShape event_shape(std::string_view name, std::string_view meaning)
{
    return {name, meaning, [](SchemaBook& book) { return schema_of<Data>(book, SchemaSide::output); }};
}

// An argument of a handler: the body as it came, of whatever type, for routes that others' programs post to (webhooks). Nothing is
// judged of it but its size. Such a route asks for no token and takes any query.
struct RawBody {
    std::string_view bytes; // Of the Request.
};

// {"results": [...], "next": cursor or null}
template <class T>
struct Page {
    std::vector<T> results;
    std::optional<std::string> next;
    BOOST_DESCRIBE_CLASS(Page, (), (results, next), (), ())
};
template <class T>
std::string described_name(Page<T> const*)
{
    return "Page" + std::string(described_name(static_cast<T const*>(nullptr)));
}

// What goes on the wire.
struct Response {
    int status = 200;
    std::string_view content_type = "application/json";       // A literal.
    std::vector<std::pair<std::string, std::string>> headers; // Values hold no CR or LF: they are made here, not by clients.
    std::string body;
    std::shared_ptr<std::string const> shared_body; // Used instead of `body` when set.
    std::string_view fixed_body;                    // Used instead of both where it points to something: it outlives the server.
    std::string_view fixed_head;                    // Further lines as they go out, each behind its CRLF; it outlives the server, too.
    std::unique_ptr<EventStream> events;            // Used instead of a body when set.
    std::chrono::seconds max_age{0};                // 0: nobody may keep it.
    std::string_view cache_control;                 // A literal that says more than max_age, used instead of it.
    bool closes_connection = false;

    bool is_fixed() const { return fixed_body.data() != nullptr; }
    std::string_view bytes() const
    {
        if (is_fixed()) return fixed_body;
        return shared_body ? std::string_view(*shared_body) : std::string_view(body);
    }
};

} // namespace pollux::http
