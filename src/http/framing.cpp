#include "http/framing.hpp"

#include "base/text.hpp"
#include "http/request_reader.hpp"

#include <algorithm>
#include <array>

namespace pollux::http {
namespace {

using Head = boost::beast::http::header<true>;

// Headers that mean one thing only: two of them, or a twin spelled with "_", is an attempt to be read in two ways.
constexpr std::array single_headers = {"host",        "content-length", "transfer-encoding", "content-type",    "authorization",
                                       "expect",      "connection",     "content-encoding",  "idempotency-key", "last-event-id",
                                       "x-request-id"};

bool has_repeated_special(Head const& head)
{
    return std::any_of(single_headers.begin(), single_headers.end(), [&](char const* name) { return head.count(name) > 1; });
}

bool has_underscore_twin(Head const& head)
{
    return std::any_of(head.begin(), head.end(), [](auto const& field) {
        std::string name = lower_ascii(field.name_string());
        if (name.find('_') == std::string::npos) return false;
        std::replace(name.begin(), name.end(), '_', '-');
        bool is_special = std::find(single_headers.begin(), single_headers.end(), name) != single_headers.end();
        return is_special || name.starts_with("x-forwarded") || name == "forwarded";
    });
}

std::optional<Refusal> check_length_and_coding(Head const& head)
{
    auto coding = head.find("Transfer-Encoding");
    if (coding == head.end()) return std::nullopt;
    if (head.version() < 11) return Refusal{400, "bad_framing", "HTTP/1.0 has no Transfer-Encoding."};
    if (head.count("Content-Length") > 0) return Refusal{400, "bad_framing", "Content-Length and Transfer-Encoding exclude each other."};
    if (equals_ignoring_case(coding->value(), "chunked")) return std::nullopt;
    return Refusal{501, "coding_not_supported", "The only Transfer-Encoding taken is chunked."};
}

} // namespace

bool has_folded_line(std::string_view head)
{
    return head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos;
}

std::optional<Refusal> check_framing(Head const& head, std::string_view target)
{
    if (target.size() > request_line_bytes_max) return Refusal{414, "uri_too_long", "The request line may have 8 KiB."};
    if (static_cast<std::size_t>(std::distance(head.begin(), head.end())) > headers_max) {
        return Refusal{431, "too_many_headers", "A request may have 100 headers."};
    }
    auto bad_length = check_length_and_coding(head);
    if (bad_length) return bad_length;
    if (has_repeated_special(head)) return Refusal{400, "repeated_header", "A header that may stand once is given twice."};
    if (has_underscore_twin(head)) return Refusal{400, "ambiguous_header", "A header's name is spelled with an underscore; use a hyphen."};
    if (head.version() >= 11 && head.count("Host") == 0) return Refusal{400, "host_missing", "HTTP/1.1 requests carry a Host header."};
    auto expect = head.find("Expect");
    if (expect != head.end() && !equals_ignoring_case(expect->value(), "100-continue")) {
        return Refusal{417, "expectation_failed", "The only expectation taken is 100-continue."};
    }
    return std::nullopt;
}

} // namespace pollux::http
