// Errors as RFC 9457 problem documents: type, title, status, detail, code, request_id, errors[] for input, and the error's own members.
#pragma once

#include "http/response.hpp"

#include <string_view>

namespace pollux::http {

int status_of(Error const& error);

// With Retry-After where the error names a wait, and WWW-Authenticate for 401.
Response problem(Error const& error, std::string_view request_id);

// For what HTTP itself refuses (400, 404, 405, 408, 413, 414, 415, 417, 431, 500, 501, 503, 505).
Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id);

std::string_view reason_phrase(int status);

} // namespace pollux::http
