#include "billing/stripe/signature.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <optional>
#include <vector>

namespace pollux::billing::stripe {
namespace {

struct Header {
    std::string_view time; // As it was written, which is what was signed.
    std::vector<std::string_view> signatures;
};

// "t=1,v1=a,v1=b,v0=c": of several times the last one holds, and schemes that are not known are passed over.
Header read_header(std::string_view text)
{
    Header header;
    while (!text.empty()) {
        auto const item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        auto const equals = item.find('=');
        if (equals == std::string_view::npos) continue;
        auto const name = item.substr(0, equals);
        auto const value = item.substr(equals + 1);
        if (name == "t") header.time = value;
        if (name == "v1" && header.signatures.size() < signatures_max) header.signatures.push_back(value);
    }
    return header;
}

std::string hex_mac(std::string_view time, std::string_view body, std::string_view secret)
{
    std::string signed_text(time);
    signed_text += '.';
    signed_text += body;
    return to_hex(hmac_sha256(secret, signed_text));
}

} // namespace

SignatureVerdict judge_signature(std::string_view header, std::string_view body, std::span<std::string const> secrets, Time now)
{
    if (header.empty()) return SignatureVerdict::absent;
    auto const [time, signatures] = read_header(header);
    auto const seconds = parse_integer(time);
    if (!seconds || *seconds < 0 || signatures.empty()) return SignatureVerdict::malformed;
    bool is_right = false;
    for (auto const& secret : secrets) {
        if (secret.empty()) continue;
        auto const expected = hex_mac(time, body, secret);
        for (auto const signature : signatures) is_right |= equal_in_constant_time(signature, expected);
    }
    if (!is_right) return SignatureVerdict::wrong;
    auto const now_seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    return now_seconds - *seconds > signature_age_max.count() ? SignatureVerdict::too_old : SignatureVerdict::right;
}

std::string sign(std::string_view body, std::string_view secret, Time now)
{
    auto const time = std::to_string(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
    return "t=" + time + ",v1=" + hex_mac(time, body, secret);
}

} // namespace pollux::billing::stripe
