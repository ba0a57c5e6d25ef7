#include "http/framing.hpp"

#include "base/text.hpp"
#include "http/request_reader.hpp"

#include <algorithm>
#include <array>
#include <bitset>

namespace pollux::http {
namespace {

using Head = boost::beast::http::header<true>;

// Headers that mean one thing only: two of them, or a twin spelled with "_", is an attempt to be read in two ways.
constexpr std::array<std::string_view, 12> single_headers = {
    "host",       "content-length",   "transfer-encoding", "content-type",  "authorization", "expect",
    "connection", "content-encoding", "idempotency-key",   "last-event-id", "x-request-id",  "origin"};

std::size_t index_of_single(std::string_view name)
{
    auto same = [name](std::string_view single) { return equals_ignoring_case(name, single); };
    return static_cast<std::size_t>(std::find_if(single_headers.begin(), single_headers.end(), same) - single_headers.begin());
}

bool is_underscore_twin(std::string_view field_name)
{
    if (field_name.find('_') == std::string_view::npos) return false;
    std::string name = lower_ascii(field_name);
    std::replace(name.begin(), name.end(), '_', '-');
    return index_of_single(name) < single_headers.size() || name.starts_with("x-forwarded") || name == "forwarded";
}

std::optional<Refusal> check_names(Head const& head)
{
    std::bitset<single_headers.size()> seen;
    bool has_twin = false;
    for (auto const& field : head) {
        auto index = index_of_single(field.name_string());
        if (index == single_headers.size()) {
            has_twin = has_twin || is_underscore_twin(field.name_string());
        } else if (seen[index]) {
            return Refusal{400, "repeated_header", "A header that may stand once is given twice."};
        } else {
            seen.set(index);
        }
    }
    if (has_twin) return Refusal{400, "ambiguous_header", "A header's name is spelled with an underscore; use a hyphen."};
    return std::nullopt;
}

std::optional<Refusal> check_length_and_coding(Head const& head)
{
    auto length = head.find("Content-Length");
    bool const is_list = length != head.end() && length->value().find(',') != std::string_view::npos;
    if (is_list) return Refusal{400, "bad_framing", "Content-Length is one number."};
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
    for (auto end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n", end + 2)) {
        auto next = head.substr(end + 2, 1);
        if (next == " " || next == "\t") return true;
    }
    return false;
}

std::optional<Refusal> check_framing(Head const& head, std::string_view target)
{
    if (target.size() > request_line_bytes_max) return Refusal{414, "uri_too_long", "The request line may have 8 KiB."};
    if (static_cast<std::size_t>(std::distance(head.begin(), head.end())) > headers_max) {
        return Refusal{431, "too_many_headers", "A request may have 100 headers."};
    }
    auto bad_length = check_length_and_coding(head);
    if (bad_length) return bad_length;
    auto bad_names = check_names(head);
    if (bad_names) return bad_names;
    if (head.version() >= 11 && head.count("Host") == 0) return Refusal{400, "host_missing", "HTTP/1.1 requests carry a Host header."};
    auto expect = head.find("Expect");
    if (expect != head.end() && !equals_ignoring_case(expect->value(), "100-continue")) {
        return Refusal{417, "expectation_failed", "The only expectation taken is 100-continue."};
    }
    return std::nullopt;
}

} // namespace pollux::http
