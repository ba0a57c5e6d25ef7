// Access tokens: JWTs (RFC 7519) signed with HMAC-SHA256. One algorithm, one form: the server that checks a token is the one that made
// it, so nothing is taken but the very bytes that issue() writes (RFC 8725, 3.1, 3.3, 3.11): the header is compared as a whole, the payload
// is read by a scanner that knows no other order, spacing or number form. Safe from any thread.
#pragma once

#include "accounts/genuine_tokens.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::accounts {

class AccessTokens {
public:
    // Signs with `key`; an empty `previous_key` is none.
    AccessTokens(std::string key, std::string previous_key, std::chrono::seconds lifetime);

    std::string issue(http::Identity identity, Time now) const;

    // Errors: token_invalid, token_expired.
    Result<http::Identity> verify(std::string_view token, Time now) const;

    // Whom a token was issued to, whether or not it has expired: says that a device once had the session, and no more.
    std::optional<http::Identity> issued_to(std::string_view token) const;

    std::chrono::seconds lifetime() const { return lifetime_; }

private:
    struct Key {
        std::string bytes;
        std::string header; // base64url of {"alg":"HS256","typ":"JWT","kid":"..."}.
    };

    static Key make_key(std::string bytes);
    static std::optional<TokenClaims> read_claims(std::string_view payload);
    std::optional<TokenClaims> genuine(std::string_view token) const;
    std::optional<TokenClaims> check(std::string_view token) const;

    std::vector<Key> keys_; // The signing key first.
    GenuineTokens lately_genuine_;
    std::chrono::seconds const lifetime_;
};

} // namespace pollux::accounts
