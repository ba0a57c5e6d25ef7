// From a typed handler to the one type the session calls, and to what the OpenAPI document says of it. Included by router.hpp.
#pragma once

#include "base/json.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

#include <functional>

namespace pollux::http {

// What an operation takes and gives, as JSON Schema text.
struct AnswerShape {
    std::string body_schema; // Empty: takes no body.
    bool body_may_be_absent = false;
    bool takes_raw_body = false;
    std::string query_schema; // Name of a schema in the book whose properties are the query parameters; empty: none.
    int status = 200;
    std::string answer_schema; // Empty: no JSON body.
    bool answers_event_stream = false;
    bool answers_html = false;
    bool may_lead_elsewhere = false;        // 303.
    std::vector<std::string> event_schemas; // One an entry of RouteOptions::events.
};

namespace adapter {

using Handler = std::function<asio::awaitable<Result<Response>>(Request const&)>;

Response json_response(int status, std::string json);
Response replayed(Response response, Replay replay);
Response html_response(Html const& page);
Response see_other(SeeOther answer); // Throws std::logic_error for a location that is none.

// One an Answer type: how it goes out and what the document says of it. The general case is a described struct with 200.
template <class T>
struct Answer {
    static Response respond(T value) { return json_response(200, to_json(value)); }
    static void describe(AnswerShape& shape, SchemaBook& book) { shape.answer_schema = schema_of<T>(book, SchemaSide::output); }
};

template <>
struct Answer<Response> {
    static Response respond(Response value) { return value; }
    static void describe(AnswerShape&, SchemaBook&) {}
};

template <>
struct Answer<NoContent> {
    static Response respond(NoContent) { return {.status = 204, .content_type = ""}; }
    static void describe(AnswerShape& shape, SchemaBook&) { shape.status = 204; }
};

template <class T>
struct Answer<Created<T>> {
    static Response respond(Created<T> value)
    {
        auto response = replayed(json_response(201, to_json(value.value)), value.replay);
        if (!value.location.empty()) response.headers.emplace_back("Location", std::move(value.location));
        return response;
    }
    static void describe(AnswerShape& shape, SchemaBook& book)
    {
        shape.status = 201;
        shape.answer_schema = schema_of<T>(book, SchemaSide::output);
    }
};

template <class T>
struct Answer<Prepared<T>> {
    static Response respond(Prepared<T> value)
    {
        Response response;
        response.shared_body = std::move(value.json);
        return response;
    }
    static void describe(AnswerShape& shape, SchemaBook& book) { shape.answer_schema = schema_of<T>(book, SchemaSide::output); }
};

template <class T>
struct Answer<Cacheable<T>> {
    static Response respond(Cacheable<T> value)
    {
        auto response = json_response(200, to_json(value.value));
        response.max_age = value.max_age;
        return response;
    }
    static void describe(AnswerShape& shape, SchemaBook& book) { shape.answer_schema = schema_of<T>(book, SchemaSide::output); }
};

template <class T>
struct Answer<WithCookie<T>> {
    static Response respond(WithCookie<T> value)
    {
        auto response = Answer<T>::respond(std::move(value.value));
        if (!value.cookie.empty()) response.headers.emplace_back("Set-Cookie", std::move(value.cookie));
        return response;
    }
    static void describe(AnswerShape& shape, SchemaBook& book) { Answer<T>::describe(shape, book); }
};

template <>
struct Answer<Stream> {
    static Response respond(Stream value)
    {
        if (!value.events) return {.status = 204, .content_type = ""};
        Response response{.status = 200, .content_type = "text/event-stream"};
        response.events = std::move(value.events);
        return response;
    }
    static void describe(AnswerShape& shape, SchemaBook&) { shape.answers_event_stream = true; }
};

template <class T>
struct Answer<CreatedOrStream<T>> {
    static Response respond(CreatedOrStream<T> value)
    {
        if (value.value) return replayed(json_response(201, to_json(*value.value)), value.replay);
        if (!value.events) return {.status = 204, .content_type = ""};
        Response response{.status = 201, .content_type = "text/event-stream"};
        response.events = std::move(value.events);
        return replayed(std::move(response), value.replay);
    }
    static void describe(AnswerShape& shape, SchemaBook& book)
    {
        shape.status = 201;
        shape.answer_schema = schema_of<T>(book, SchemaSide::output);
        shape.answers_event_stream = true;
    }
};

template <>
struct Answer<Html> {
    static Response respond(Html value) { return html_response(value); }
    static void describe(AnswerShape& shape, SchemaBook&) { shape.answers_html = true; }
};

template <>
struct Answer<HtmlOrSeeOther> {
    static Response respond(HtmlOrSeeOther value)
    {
        auto const* page = std::get_if<Html>(&value);
        return page ? html_response(*page) : see_other(std::get<SeeOther>(std::move(value)));
    }
    static void describe(AnswerShape& shape, SchemaBook&)
    {
        shape.answers_html = true;
        shape.may_lead_elsewhere = true;
    }
};

template <class T>
struct Answer<HtmlOr<T>> {
    static Response respond(HtmlOr<T> value)
    {
        auto const* page = std::get_if<Html>(&value);
        return page ? html_response(*page) : Answer<T>::respond(std::get<T>(std::move(value)));
    }
    static void describe(AnswerShape& shape, SchemaBook& book)
    {
        Answer<T>::describe(shape, book);
        shape.answers_html = true;
    }
};

// The query string as a JSON object, so that it is read, limited and refused like a body; `schema` tells which values are numbers.
std::string query_as_json(Request const& request, std::string const& schema);

// Reads one handler argument from the request and describes it. The general case is a JSON body.

template <class T>
struct Argument {
    static Result<T> read(Request const& request)
    {
        if constexpr (all_members_optional<T>()) {
            if (request.body.empty()) return T{};
        }
        return from_json<T>(request.body);
    }
    static void describe(AnswerShape& shape, SchemaBook& book)
    {
        shape.body_schema = schema_of<T>(book, SchemaSide::input);
        shape.body_may_be_absent = all_members_optional<T>();
    }
};

template <>
struct Argument<RawBody> {
    static Result<RawBody> read(Request const& request) { return RawBody{request.body}; }
    static void describe(AnswerShape& shape, SchemaBook&) { shape.takes_raw_body = true; }
};

template <class T>
struct Argument<Query<T>> {
    static Result<Query<T>> read(Request const& request)
    {
        if constexpr (all_members_optional<T>()) {
            if (request.parameters.empty()) return Query<T>{};
        }
        static std::string const schema = [] {
            SchemaBook book;
            schema_of<T>(book, SchemaSide::input);
            return book.entries[type_name<T>()].schema;
        }();
        auto value = from_json<T>(query_as_json(request, schema));
        if (!value) return value.error();
        return Query<T>{std::move(*value)};
    }
    static void describe(AnswerShape& shape, SchemaBook& book)
    {
        schema_of<T>(book, SchemaSide::input);
        shape.query_schema = type_name<T>();
    }
};

template <class Service, class R>
asio::awaitable<Result<Response>> call(asio::awaitable<Result<R>> (*function)(Service&, Request const&), Service* service,
                                       Request const* request)
{
    auto answer = co_await function(*service, *request);
    if (!answer) co_return answer.error();
    co_return Answer<R>::respond(std::move(*answer));
}

template <class Service, class R, class A>
asio::awaitable<Result<Response>> call(asio::awaitable<Result<R>> (*function)(Service&, Request const&, A), Service* service,
                                       Request const* request)
{
    auto first = Argument<A>::read(*request);
    if (!first) co_return first.error();
    auto answer = co_await function(*service, *request, std::move(*first));
    if (!answer) co_return answer.error();
    co_return Answer<R>::respond(std::move(*answer));
}

template <class Service, class R, class A, class B>
asio::awaitable<Result<Response>> call(asio::awaitable<Result<R>> (*function)(Service&, Request const&, A, B), Service* service,
                                       Request const* request)
{
    auto first = Argument<A>::read(*request);
    if (!first) co_return first.error();
    auto second = Argument<B>::read(*request);
    if (!second) co_return second.error();
    auto answer = co_await function(*service, *request, std::move(*first), std::move(*second));
    if (!answer) co_return answer.error();
    co_return Answer<R>::respond(std::move(*answer));
}

} // namespace adapter

template <class Service, class R, class... Arguments>
adapter::Handler adapt(asio::awaitable<Result<R>> (*function)(Service&, Request const&, Arguments...), Service& service)
{
    return [function, &service](Request const& request) { return adapter::call(function, &service, &request); };
}

template <class Service, class R, class... Arguments>
AnswerShape shape_of(asio::awaitable<Result<R>> (*)(Service&, Request const&, Arguments...), SchemaBook& book)
{
    AnswerShape shape;
    adapter::Answer<R>::describe(shape, book);
    (adapter::Argument<Arguments>::describe(shape, book), ...);
    return shape;
}

} // namespace pollux::http
