#include "accounts/sms/twilio_reports.hpp"

#include "base/base64.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <optional>

namespace pollux::accounts::sms {
namespace {

constexpr std::size_t sha1_bytes = 20;
constexpr std::size_t error_code_digits_max = 8;

std::string hmac_sha1(std::string_view key, std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),
         mac.data(), &size);
    return std::string(reinterpret_cast<char const*>(mac.data()), sha1_bytes);
}

struct Port {
    std::size_t at = 0;   // Where ":443" stands, or would.
    std::size_t size = 0; // 0: there is none.
    std::string_view usual;
};

std::optional<Port> port_of(std::string_view url)
{
    bool const is_https = url.starts_with("https://");
    if (!is_https && !url.starts_with("http://")) return std::nullopt;
    auto const host = url.find("//") + 2;
    auto const end = std::min(url.find_first_of("/?", host), url.size());
    auto const bracket = url.substr(0, end).rfind(']'); // Of an IPv6 address, in which colons stand.
    auto const colon = url.find(':', bracket == std::string_view::npos ? host : bracket);
    Port port{.at = end, .size = 0, .usual = is_https ? ":443" : ":80"};
    if (colon < end) port = {colon, end - colon, port.usual};
    return port;
}

// The URL as it is, without its port, and with the usual one.
std::array<std::string, 3> ways_to_write(std::string_view url)
{
    std::string const whole(url);
    auto const port = port_of(url);
    if (!port) return {whole, whole, whole};
    auto without = whole;
    without.erase(port->at, port->size);
    auto with = without;
    if (port->size == 0) with.insert(port->at, port->usual);
    return {whole, without, port->size == 0 ? with : whole};
}

bool is_body_named(std::string_view url, std::string_view body)
{
    auto const query = url.find('?');
    if (query == std::string_view::npos) return false;
    auto const fields = read_form(url.substr(query + 1));
    if (!fields) return false;
    auto const hash = to_hex(sha256(body));
    auto const named = std::ranges::find(*fields, "bodySHA256", &FormFields::value_type::first);
    return named != fields->end() && equal_in_constant_time(named->second, hash);
}

int rank_of(std::string_view status)
{
    constexpr std::array<std::pair<std::string_view, int>, 11> ranks{{{"accepted", 1},
                                                                      {"scheduled", 1},
                                                                      {"queued", 2},
                                                                      {"sending", 3},
                                                                      {"sent", 4},
                                                                      {"undelivered", 5},
                                                                      {"failed", 5},
                                                                      {"canceled", 5},
                                                                      {"delivered", 6}, // Whatever was said before: it is there.
                                                                      {"received", 6},
                                                                      {"read", 7}}};
    auto const* found = std::ranges::find(ranks, status, &std::pair<std::string_view, int>::first);
    return found == ranks.end() ? 0 : found->second;
}

std::string value_of(FormFields const& fields, std::string_view name)
{
    auto const found = std::ranges::find(fields, name, &FormFields::value_type::first);
    return found == fields.end() ? std::string() : found->second;
}

} // namespace

std::string twilio_signature(std::string_view url, FormFields fields, std::string_view auth_token)
{
    // By name; of a repeated name each value once, in their order.
    std::ranges::sort(fields);
    auto const repeated = std::ranges::unique(fields);
    fields.erase(repeated.begin(), repeated.end());
    std::string text(url);
    for (auto const& [name, value] : fields) text += name + value;
    return to_base64(hmac_sha1(auth_token, text));
}

bool is_twilios(Posted const& posted, std::string_view signature, std::string_view auth_token)
{
    auto const fields = posted.is_form ? read_form(posted.body) : FormFields();
    if (!fields || signature.empty() || auth_token.empty()) return false;
    bool is_right = false;
    for (auto const& url : ways_to_write(posted.url)) {
        is_right |= equal_in_constant_time(signature, twilio_signature(url, *fields, auth_token));
    }
    return is_right && (posted.is_form || is_body_named(posted.url, posted.body));
}

Report read_report(FormFields const& fields)
{
    Report report{.provider_id = value_of(fields, "MessageSid"), .status = value_of(fields, "MessageStatus"), .rank = 0, .error_code = {}};
    report.rank = rank_of(report.status);
    if (report.rank == 0) report.status.clear();
    auto const code = value_of(fields, "ErrorCode");
    bool const is_code = code.size() <= error_code_digits_max && parse_integer(code).value_or(0) > 0;
    if (is_code) report.error_code = code;
    return report;
}

} // namespace pollux::accounts::sms
