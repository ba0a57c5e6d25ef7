#include "accounts/access_token.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

constexpr std::size_t token_bytes_max = 512; // What issue() writes has fewer than 300.
constexpr std::int64_t skew_max_s = 60;      // Between the clocks of two nodes.
constexpr std::string_view payload_begin = R"({"iss":"pollux","aud":"pollux","sub":")";
constexpr std::string_view payload_session = R"(","sid":")";
constexpr std::string_view payload_issued = R"(","iat":)";
constexpr std::string_view payload_expires = R"(,"exp":)";
constexpr std::string_view payload_end = R"(,"typ":"access"})";

bool take(std::string_view& text, std::string_view expected)
{
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

// A positive integer in its only form: no sign, no leading zero, no fraction, no exponent.
bool take_number(std::string_view& text, std::int64_t& number)
{
    auto const digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    if (digits.empty() || digits.front() == '0') return false;
    auto const parsed = parse_integer(digits);
    if (!parsed) return false;
    number = *parsed;
    text.remove_prefix(digits.size());
    return true;
}

std::int64_t seconds_of(Time time)
{
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Error token_invalid()
{
    return unauthenticated("token_invalid", "The access token is not one of ours; log in again.");
}

} // namespace

AccessTokens::AccessTokens(std::string key, std::string previous_key, std::chrono::seconds lifetime) : lifetime_(lifetime)
{
    keys_.push_back(make_key(std::move(key)));
    if (!previous_key.empty()) keys_.push_back(make_key(std::move(previous_key)));
}

AccessTokens::Key AccessTokens::make_key(std::string bytes)
{
    auto const kid = to_hex(sha256(bytes)).substr(0, 8);
    auto header = to_base64url(R"({"alg":"HS256","typ":"JWT","kid":")" + kid + "\"}");
    return {std::move(bytes), std::move(header)};
}

std::string AccessTokens::issue(http::Identity identity, Time now) const
{
    auto const& key = keys_.front();
    auto const issued_at_s = seconds_of(now);
    std::string payload(payload_begin);
    payload += std::to_string(identity.user.value);
    payload += payload_session;
    payload += std::to_string(identity.session.value);
    payload += payload_issued;
    payload += std::to_string(issued_at_s);
    payload += payload_expires;
    payload += std::to_string(issued_at_s + lifetime_.count());
    payload += payload_end;
    auto const signed_part = key.header + "." + to_base64url(payload);
    return signed_part + "." + to_base64url(hmac_sha256(key.bytes, signed_part));
}

Result<http::Identity> AccessTokens::verify(std::string_view token, Time now) const
{
    auto const claims = genuine(token);
    auto const now_s = seconds_of(now);
    if (!claims || claims->issued_at_s > now_s + skew_max_s || claims->expires_at_s <= claims->issued_at_s) return token_invalid();
    if (claims->expires_at_s <= now_s) return unauthenticated("token_expired", "The access token has expired; refresh it.");
    return claims->identity;
}

std::optional<http::Identity> AccessTokens::issued_to(std::string_view token) const
{
    auto const claims = genuine(token);
    if (!claims) return std::nullopt;
    return claims->identity;
}

std::optional<TokenClaims> AccessTokens::genuine(std::string_view token) const
{
    if (token.size() > token_bytes_max) return std::nullopt;
    auto const hash = lately_genuine_.hash_of(token);
    if (auto const known = lately_genuine_.find(hash)) return known;
    auto const claims = check(token);
    if (claims) lately_genuine_.keep(hash, *claims);
    return claims;
}

std::optional<TokenClaims> AccessTokens::check(std::string_view token) const
{
    auto const first_dot = token.find('.');
    auto const last_dot = token.rfind('.');
    if (first_dot == last_dot) return std::nullopt; // Also when there is none.
    auto const header = token.substr(0, first_dot);
    auto const key = std::ranges::find(keys_, header, &Key::header);
    if (key == keys_.end()) return std::nullopt;

    // The MAC is compared as text: base64url can write the same bytes in several ways, and only one of them is ours.
    auto const signed_part = token.substr(0, last_dot);
    auto const mac = to_base64url(hmac_sha256(key->bytes, signed_part));
    if (!equal_in_constant_time(mac, token.substr(last_dot + 1))) return std::nullopt;
    auto const payload_text = token.substr(first_dot + 1, last_dot - first_dot - 1);
    auto const payload = from_base64url(payload_text);
    if (!payload || to_base64url(*payload) != payload_text) return std::nullopt;
    return read_claims(*payload);
}

std::optional<TokenClaims> AccessTokens::read_claims(std::string_view payload)
{
    TokenClaims claims;
    bool const reads = take(payload, payload_begin) && take_number(payload, claims.identity.user.value) && take(payload, payload_session) &&
                       take_number(payload, claims.identity.session.value) && take(payload, payload_issued) &&
                       take_number(payload, claims.issued_at_s) && take(payload, payload_expires) &&
                       take_number(payload, claims.expires_at_s) && payload == payload_end;
    if (!reads) return std::nullopt;
    return claims;
}

} // namespace pollux::accounts
