#include "http/error_response.hpp"

#include "base/json.hpp"

namespace pollux::http {
namespace {

struct ProblemField {
    std::string field;
    std::string code;
    std::string detail;
};
POLLUX_DESCRIBE(ProblemField, (field, code, detail))

struct Problem {
    std::string type = "about:blank";
    std::string title;
    std::int64_t status = 0;
    std::string detail;
    std::string code;
    std::string request_id;
    Omittable<std::vector<ProblemField>> errors;
};
POLLUX_DESCRIBE(Problem, (type, title, status, detail, code, request_id, errors))

Response respond(Problem problem)
{
    Response response{.status = static_cast<int>(problem.status), .content_type = "application/problem+json"};
    response.body = to_json(problem);
    return response;
}

// The document ends in the brace of its object.
void add_member(std::string& document, ErrorMember const& member)
{
    document.back() = ',';
    append_json_text(document, member.name);
    document.append(":").append(member.json).append("}");
}

} // namespace

int status_of(Error const& error)
{
    switch (error.kind()) {
    case ErrorKind::malformed: return 400;
    case ErrorKind::invalid: return 422;
    case ErrorKind::unauthenticated: return 401;
    case ErrorKind::forbidden: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::conflict: return 409;
    case ErrorKind::too_large: return 413;
    case ErrorKind::unsupported: return 415;
    case ErrorKind::rate_limited: return 429;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::storage_full: return 507;
    case ErrorKind::upstream_failed: return 502;
    }
    return 500;
}

Response problem(Error const& error, std::string_view request_id)
{
    Problem document;
    document.status = status_of(error);
    document.title = reason_phrase(status_of(error));
    document.detail = error.message();
    document.code = error.code();
    document.request_id = request_id;
    if (!error.fields().empty()) {
        auto& fields = document.errors.value.emplace();
        for (auto const& field : error.fields()) fields.push_back({field.field, field.code, field.detail});
    }
    auto response = respond(std::move(document));
    for (auto const& member : error.members()) add_member(response.body, member);
    if (auto const after = error.retry_after()) response.headers.emplace_back("Retry-After", std::to_string(after->count()));
    if (error.kind() == ErrorKind::unauthenticated) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id)
{
    Problem document;
    document.status = status;
    document.title = reason_phrase(status);
    document.detail = detail;
    document.code = code;
    document.request_id = request_id;
    return respond(std::move(document));
}

std::string_view reason_phrase(int status)
{
    switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
    }
}

} // namespace pollux::http
